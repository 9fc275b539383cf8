-- $1 uuid: version, $2 text[]: paths, $3 text[]: digests, $4 integer[]: modes
INSERT INTO file (version_id, path, digest, mode)
SELECT $1::uuid, path, digest, mode FROM unnest($2::text[], $3::text[], $4::integer[]) AS f (path, digest, mode);
