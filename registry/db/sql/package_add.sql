-- The package of a name, made if it is new, and locked: publishes of one pack wait for each other.
-- $1 bigint: organisation, $2 text: name, $3 text: visibility for a new one
WITH found AS (
    SELECT id, name, visibility FROM package
     WHERE organisation_id = $1::bigint AND name_key(name) = name_key($2)
       FOR NO KEY UPDATE
), made AS ( -- by somebody else meanwhile: then theirs, once they are done
    INSERT INTO package (organisation_id, name, visibility)
    SELECT $1::bigint, $2, $3 WHERE NOT EXISTS (SELECT FROM found)
    ON CONFLICT (organisation_id, name_key(name)) DO UPDATE SET name = package.name
    RETURNING id, name, visibility
)
SELECT id, name, visibility FROM found
UNION ALL
SELECT id, name, visibility FROM made;
