-- $1 bigint: organisation, $2 text: key id
UPDATE signing_key SET revoked_at = now()
 WHERE organisation_id = $1::bigint AND key_id = $2 AND revoked_at IS NULL
RETURNING key_id;
