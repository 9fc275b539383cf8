-- The account of a login, however it is written. $1 text: login
SELECT id, login, display_name, password_hash, is_admin, disabled_at IS NOT NULL AS disabled
  FROM account
 WHERE name_key(login) = name_key($1);
