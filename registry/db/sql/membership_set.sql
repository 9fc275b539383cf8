-- $1 bigint: organisation, $2 bigint: account, $3 text: role
INSERT INTO membership (organisation_id, account_id, role) VALUES ($1::bigint, $2::bigint, $3)
ON CONFLICT (organisation_id, account_id) DO UPDATE SET role = excluded.role;
