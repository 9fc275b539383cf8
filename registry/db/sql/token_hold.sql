-- Whether a token counts still, and does so until the transaction ends: what revokes it locks its account first (account_lock.sql), as who
-- asks here has. The lock is for who deletes it; one against every change would have all requests with the token wait that note its use.
-- $1 uuid: token
SELECT true AS found FROM token WHERE id = $1::uuid AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) FOR KEY SHARE;
