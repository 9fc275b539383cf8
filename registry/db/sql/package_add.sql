-- The package of a name, made if it is new, and locked: publishes of one pack wait for each other.
-- $1 bigint: organisation, $2 text: name, $3 text: visibility for a new one
INSERT INTO package (organisation_id, name, visibility) VALUES ($1::bigint, $2, $3)
ON CONFLICT (organisation_id, name_key(name)) DO UPDATE SET name = package.name
RETURNING id, name, visibility;
