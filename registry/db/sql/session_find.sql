-- The session of a cookie, if it is alive and its account is. $1 text: digest in hex, $2 integer: seconds it may idle
SELECT s.id, s.csrf, s.account_id, a.login, a.is_admin,
       s.last_seen_at < now() - interval '1 minute' AS stale
  FROM session s
  JOIN account a ON a.id = s.account_id
 WHERE s.digest = decode($1, 'hex') AND s.expires_at > now()
   AND s.last_seen_at > now() - make_interval(secs => $2::integer)
   AND a.disabled_at IS NULL;
