-- Ends every session of an account but one. $1 bigint: account, $2 bigint: the session that stays, or 0
DELETE FROM session WHERE account_id = $1::bigint AND id <> $2::bigint;
