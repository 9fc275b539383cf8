-- $1 uuid: version
SELECT permissions::text AS document FROM version WHERE id = $1::uuid;
