-- $1 uuid: version
SELECT readme AS document FROM version WHERE id = $1::uuid AND readme IS NOT NULL;
