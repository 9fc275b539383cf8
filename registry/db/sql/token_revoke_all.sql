-- $1 bigint: account
UPDATE token SET revoked_at = now()
 WHERE account_id = $1::bigint AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
