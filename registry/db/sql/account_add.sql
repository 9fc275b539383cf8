-- A new account. $1 text: login, $2 text: display name, $3 text: password hash, $4 boolean: admin
INSERT INTO account (login, display_name, password_hash, is_admin)
VALUES ($1, $2, $3, $4::boolean)
RETURNING id, login, display_name, password_hash, is_admin, disabled_at IS NOT NULL AS disabled;
