-- Whether there is any account yet. The lock makes two servers that start at once agree.
SELECT EXISTS (SELECT FROM account) AS found
  FROM (SELECT pg_advisory_xact_lock(7236838)) AS lock;
