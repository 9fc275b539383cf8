-- The keys that sign for an organisation; none of them can be revoked before the transaction ends.
-- $1 bigint: organisation
SELECT key_id
  FROM signing_key
 WHERE organisation_id = $1::bigint AND revoked_at IS NULL
   FOR SHARE;
