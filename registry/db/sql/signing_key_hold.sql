-- Whether a key still signs for an organisation; it cannot be revoked before the transaction ends.
-- $1 bigint: organisation, $2 text: key id
SELECT key_id, name, public_key, revoked_at IS NOT NULL AS revoked
  FROM signing_key
 WHERE organisation_id = $1::bigint AND key_id = $2
   FOR SHARE;
