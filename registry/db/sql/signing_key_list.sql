-- $1 bigint: organisation
SELECT jsonb_build_object('keys', coalesce(jsonb_agg(jsonb_strip_nulls(
           jsonb_build_object('key_id', key_id, 'name', name, 'algorithm', algorithm, 'public_key', public_key,
                              'created_at', rfc3339(created_at), 'revoked_at', rfc3339(revoked_at)))
           ORDER BY created_at, key_id), '[]'))::text AS document
  FROM signing_key
 WHERE organisation_id = $1::bigint;
