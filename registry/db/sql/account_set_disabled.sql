-- $1 bigint: account, $2 boolean: disabled
UPDATE account SET disabled_at = CASE WHEN $2::boolean THEN coalesce(disabled_at, now()) END WHERE id = $1::bigint;
