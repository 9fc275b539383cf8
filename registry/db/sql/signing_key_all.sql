-- Every key that an organisation ever had. $1 bigint: organisation
SELECT key_id, name, public_key, revoked_at IS NOT NULL AS revoked
  FROM signing_key
 WHERE organisation_id = $1::bigint
 ORDER BY created_at, key_id;
