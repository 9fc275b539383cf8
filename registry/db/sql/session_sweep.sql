-- $1 integer: seconds a session may idle
DELETE FROM session WHERE expires_at < now() OR last_seen_at < now() - make_interval(secs => $1::integer);
