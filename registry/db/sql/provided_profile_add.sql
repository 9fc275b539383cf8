-- $1 uuid: version, $2 jsonb: [name]
INSERT INTO provided_profile (version_id, name)
SELECT DISTINCT $1::uuid, name FROM jsonb_array_elements_text($2::jsonb) AS name;
