-- What an account is in an organisation, and is until the transaction ends. $1 bigint: organisation, $2 bigint: account
SELECT role FROM membership WHERE organisation_id = $1::bigint AND account_id = $2::bigint FOR SHARE;
