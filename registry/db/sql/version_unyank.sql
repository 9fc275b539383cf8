-- $1 uuid: version
UPDATE version SET yanked_at = NULL, yanked_by = NULL, yank_reason = NULL WHERE id = $1::uuid;
