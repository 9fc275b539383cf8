-- $1 bigint: package, $2 text: visibility, or NULL, $3 text: description, or NULL
UPDATE package
   SET visibility = coalesce($2, visibility), summary = CASE WHEN $3::text IS NULL THEN summary ELSE nullif($3, '') END
 WHERE id = $1::bigint;
