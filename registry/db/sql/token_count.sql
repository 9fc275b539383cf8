-- Tokens that count. $1 bigint: account
SELECT count(*) AS tokens FROM token
 WHERE account_id = $1::bigint AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now());
