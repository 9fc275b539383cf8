-- $1 text: name, $2 text: display name, $3 bigint: the account that makes it and becomes its owner
WITH made AS (
    INSERT INTO organisation (name, display_name, created_by) VALUES ($1, $2, $3::bigint) RETURNING id
)
INSERT INTO membership (organisation_id, account_id, role) SELECT id, $3::bigint, 'owner' FROM made;
