-- Counts one attempt. What began in a future is of a clock that was set back, and counts no more than what is long past; less than a
-- window ahead is another transaction that began after this one. $1 text: key, $2 integer: seconds of the window
INSERT INTO rate_limit AS r (key, started_at, used) VALUES ($1, now(), 1)
ON CONFLICT (key) DO UPDATE
   SET (used, started_at) = (SELECT CASE WHEN counts THEN r.used + 1 ELSE 1 END, CASE WHEN counts THEN r.started_at ELSE now() END
                               FROM (SELECT abs(extract(epoch FROM now() - r.started_at)) < $2::integer AS counts) AS w)
RETURNING used, greatest(1, ceil(extract(epoch FROM started_at - now()) + $2::integer))::bigint AS wait_s;
