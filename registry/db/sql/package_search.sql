-- Packs whose namespace, name, description and keywords hold every word, the best known first.
-- $1 text: words, $2 bigint: account that asks, or NULL, $3 integer: how many, $4 text: cursor, or NULL, $5 text: namespace, or NULL
WITH matched AS MATERIALIZED (
    SELECT p AS pack, p.id, p.downloads,
           CASE WHEN lower(p.name) = lower($1) THEN 0 WHEN starts_with(lower(p.name), lower($1)) THEN 1 ELSE 2 END AS rank
      FROM pack p
     WHERE may_see(p.visibility, p.organisation_id, $2::bigint)
       AND ($5::text IS NULL OR p.namespace = $5)
       AND NOT EXISTS (SELECT FROM regexp_split_to_table(lower($1), '\s+') AS word WHERE strpos(p.search_text, word) = 0)
), page AS (
    SELECT *, row_number() OVER (ORDER BY rank, downloads DESC, id) AS place
      FROM matched
     WHERE $4::text IS NULL
        OR (rank, -downloads, id) > (split_part($4, '.', 1)::bigint, -split_part($4, '.', 2)::bigint, split_part($4, '.', 3)::bigint)
     ORDER BY rank, downloads DESC, id
     LIMIT $3::integer + 1
)
SELECT (jsonb_build_object(
            'packages', coalesce((SELECT jsonb_agg(pack_item(pack) ORDER BY place) FROM page WHERE place <= $3::integer), '[]'),
            'total', (SELECT count(*) FROM matched))
        || coalesce((SELECT jsonb_build_object('next_cursor', concat_ws('.', rank, downloads, id))
                       FROM page
                      WHERE place = $3::integer AND EXISTS (SELECT FROM page WHERE place > $3::integer)), '{}'))::text AS document;
