-- $1 bigint: organisation, $2 text: key id, $3 text: name, $4 text: algorithm, $5 text: PEM, $6 bigint: account
INSERT INTO signing_key (organisation_id, key_id, name, algorithm, public_key, created_by)
VALUES ($1::bigint, $2, $3, $4, $5, $6::bigint)
RETURNING jsonb_build_object('key_id', key_id, 'name', name, 'algorithm', algorithm, 'public_key', public_key,
                             'created_at', rfc3339(created_at))::text AS document;
