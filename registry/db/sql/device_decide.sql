-- $1 text: user code, $2 bigint: account, $3 text: approve or deny
UPDATE device_grant SET decision = $3, account_id = $2::bigint
 WHERE user_code = $1 AND decision IS NULL AND expires_at > now()
RETURNING user_code;
