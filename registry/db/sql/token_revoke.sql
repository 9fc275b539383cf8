-- $1 bigint: account, $2 text: token
UPDATE token SET revoked_at = now()
 WHERE account_id = $1::bigint AND id::text = $2 AND revoked_at IS NULL
RETURNING id;
