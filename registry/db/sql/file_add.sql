-- $1 uuid: version, $2 jsonb: [{path, digest, mode}]
INSERT INTO file (version_id, path, digest, mode)
SELECT $1::uuid, path, digest, mode FROM jsonb_to_recordset($2::jsonb) AS f (path text, digest text, mode integer);
