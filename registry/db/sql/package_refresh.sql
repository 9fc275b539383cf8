-- What a package says of its newest version, once versions or its summary have changed. $1 bigint: package
UPDATE package p
   SET latest_version_id = latest.id,
       search_text = lower(concat_ws(' ', o.name || '/' || p.name, coalesce(p.summary, latest.manifest ->> 'description'),
                                     (SELECT string_agg(k, ' ')
                                        FROM jsonb_array_elements_text(CASE jsonb_typeof(latest.manifest -> 'keywords')
                                                 WHEN 'array' THEN latest.manifest -> 'keywords' ELSE '[]' END) k))),
       updated_at = now()
  FROM organisation o
  LEFT JOIN LATERAL (SELECT v.id, v.manifest FROM version v
                      WHERE v.package_id = $1::bigint AND v.yanked_at IS NULL
                      ORDER BY v.prerelease, v.sort_key DESC LIMIT 1) latest ON true
 WHERE p.id = $1::bigint AND o.id = p.organisation_id;
