-- Counts one attempt. $1 text: key, $2 integer: seconds of the window
INSERT INTO rate_limit AS r (key, started_at, used) VALUES ($1, now(), 1)
ON CONFLICT (key) DO UPDATE
   SET used = CASE WHEN r.started_at > now() - make_interval(secs => $2::integer) THEN r.used + 1 ELSE 1 END,
       started_at = CASE WHEN r.started_at > now() - make_interval(secs => $2::integer) THEN r.started_at ELSE now() END
RETURNING used, greatest(1, ceil(extract(epoch FROM started_at - now()) + $2::integer))::bigint AS wait_s;
