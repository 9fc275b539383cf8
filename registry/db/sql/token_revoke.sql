-- A token, and all that were made with it. $1 bigint: account, $2 text: token
WITH RECURSIVE ended AS (
    SELECT id FROM token WHERE account_id = $1::bigint AND id::text = $2 AND revoked_at IS NULL
    UNION
    SELECT t.id FROM token t JOIN ended e ON t.made_with = e.id
)
UPDATE token SET revoked_at = now()
 WHERE id IN (SELECT id FROM ended) AND revoked_at IS NULL
RETURNING id;
