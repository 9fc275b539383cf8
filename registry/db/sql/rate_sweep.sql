DELETE FROM rate_limit WHERE started_at < now() - interval '1 day' OR started_at > now() + interval '1 day';
