-- $1 uuid: version, $2 bigint: account, $3 text: reason
UPDATE version SET yanked_at = coalesce(yanked_at, now()), yanked_by = $2::bigint, yank_reason = $3 WHERE id = $1::uuid;
