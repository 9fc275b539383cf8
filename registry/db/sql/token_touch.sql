-- $1 uuid: token
UPDATE token SET last_used_at = now() WHERE id = $1::uuid;
