-- Whether an account counts; and what is done as it, and what ends its tokens, is done one after the other. Who only shared the lock could
-- keep the end of a token waiting for as long as others come. A statement of its own: one that looks for its tokens, too, would see what was
-- there when it began to wait. $1 bigint: account
SELECT true AS found FROM account WHERE id = $1::bigint AND disabled_at IS NULL FOR NO KEY UPDATE;
