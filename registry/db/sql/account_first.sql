-- Of two servers that start at once, one makes the first account: who waited here looks after that.
-- A statement of its own: one that looks, too, would see what was there when it began to wait.
SELECT pg_advisory_xact_lock(7236838);
