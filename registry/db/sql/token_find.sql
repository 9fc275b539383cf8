-- The token of a digest, if it is alive and its account is. $1 text: digest in hex
SELECT t.id, t.name, array_to_string(t.scopes, ' ') AS scopes, rfc3339(t.expires_at) AS expires_at,
       t.account_id, a.login, a.is_admin,
       coalesce(t.last_used_at < now() - interval '1 minute', true) AS stale
  FROM token t
  JOIN account a ON a.id = t.account_id
 WHERE t.digest = decode($1, 'hex') AND t.revoked_at IS NULL
   AND (t.expires_at IS NULL OR t.expires_at > now())
   AND a.disabled_at IS NULL;
