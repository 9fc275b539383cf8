-- Whether a token counts still, and does so until the transaction ends. $1 uuid: token
SELECT true AS found FROM token WHERE id = $1::uuid AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()) FOR SHARE;
