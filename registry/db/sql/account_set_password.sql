-- $1 bigint: account, $2 text: password hash
UPDATE account SET password_hash = $2 WHERE id = $1::bigint;
