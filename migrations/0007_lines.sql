-- A line of a list is short also for versions that were published before descriptions and keywords had bounds.
CREATE OR REPLACE FUNCTION pack_item(p pack) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN (SELECT jsonb_build_object(
                       'id', p.id, 'namespace', p.namespace, 'name', p.name, 'description', left(p.description, 500),
                       'latest_version', p.latest_version, 'visibility', p.visibility, 'downloads', p.downloads,
                       'keywords', words, 'tags', words,
                       'kind', 'pack', 'is_org', true, 'updated_at', rfc3339(p.updated_at))
              FROM (SELECT coalesce(jsonb_agg(left(word, 64) ORDER BY place), '[]') AS words
                      FROM jsonb_array_elements_text(CASE jsonb_typeof(p.manifest -> 'keywords')
                               WHEN 'array' THEN p.manifest -> 'keywords' ELSE '[]' END) WITH ORDINALITY AS w (word, place)
                     WHERE place <= 50) AS k);
