-- Takes back what an account has approved and nobody has redeemed. $1 bigint: account
UPDATE device_grant SET decision = 'deny'
 WHERE account_id = $1::bigint AND decision = 'approve' AND redeemed_at IS NULL;
