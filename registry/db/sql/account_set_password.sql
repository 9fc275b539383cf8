-- $1 bigint: account, $2 text: password hash, $3 text: the hash that it replaces, or NULL for any
UPDATE account SET password_hash = $2 WHERE id = $1::bigint AND password_hash = coalesce($3, password_hash);
