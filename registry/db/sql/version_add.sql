-- A version, and its files and profiles with it: one statement costs less than three.
-- $1 bigint: package, $2 bigint: organisation, $3 text: version, $4 text: sort key, $5 boolean: pre-release, $6 jsonb: manifest,
-- $7 jsonb: permissions, $8 text: readme, or NULL, $9 text: archive, $10 text: its tar, $11 text: bundle, $12 text: statement,
-- $13 text: key id, $14 bigint: account, $15 uuid: the version's, $16 text[]: paths, $17 text[]: digests, $18 integer[]: modes,
-- $19 jsonb: [name of a profile]
WITH files AS (
    INSERT INTO file (version_id, path, digest, mode)
    SELECT $15::uuid, path, digest, mode FROM unnest($16::text[], $17::text[], $18::integer[]) AS f (path, digest, mode)
), profiles AS (
    INSERT INTO provided_profile (version_id, name)
    SELECT DISTINCT $15::uuid, name FROM jsonb_array_elements_text($19::jsonb) AS name
)
INSERT INTO version (package_id, organisation_id, version, sort_key, prerelease, manifest, permissions, readme,
                     archive_digest, tar_digest, bundle_digest, statement, signer_key_id, published_by, id)
VALUES ($1::bigint, $2::bigint, $3, $4, $5::boolean, $6::jsonb, $7::jsonb, $8, $9, $10, $11, $12, $13, $14::bigint, $15::uuid);
