-- $1 bigint: account
SELECT id, login, display_name, password_hash, is_admin, disabled_at IS NOT NULL AS disabled
  FROM account
 WHERE id = $1::bigint;
