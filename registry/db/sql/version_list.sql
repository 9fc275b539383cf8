-- The versions of a package, newest first. $1 bigint: package, $2 integer: how many, $3 bigint: cursor, or NULL
WITH page AS (
    SELECT v, v.number, row_number() OVER (ORDER BY v.number DESC) AS place
      FROM version v
     WHERE v.package_id = $1::bigint AND ($3::bigint IS NULL OR v.number < $3::bigint)
     ORDER BY v.number DESC
     LIMIT $2::integer + 1
)
SELECT (jsonb_build_object('versions', coalesce((SELECT jsonb_agg(version_item(v) ORDER BY place)
                                                   FROM page WHERE place <= $2::integer), '[]'))
        || coalesce((SELECT jsonb_build_object('next_cursor', number::text)
                       FROM page
                      WHERE place = $2::integer AND EXISTS (SELECT FROM page WHERE place > $2::integer)), '{}'))::text AS document;
