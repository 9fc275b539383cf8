-- $1 bigint: organisation, $2 bigint: account
DELETE FROM membership WHERE organisation_id = $1::bigint AND account_id = $2::bigint
RETURNING account_id AS id;
