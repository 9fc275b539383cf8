-- $1 bigint: account
SELECT jsonb_build_object('tokens', coalesce(jsonb_agg(
           jsonb_build_object('id', id, 'name', name, 'scopes', scopes, 'created_at', rfc3339(created_at),
                              'expires_at', rfc3339(expires_at), 'last_used_at', rfc3339(last_used_at))
           ORDER BY created_at, id), '[]'))::text AS document
  FROM token
 WHERE account_id = $1::bigint AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
