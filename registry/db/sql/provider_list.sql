-- The packs whose latest version brings a profile of this name, the best known first. $1 text: profile, $2 bigint: account, or NULL
SELECT jsonb_build_object('providers', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'namespace', p.namespace, 'name', p.name, 'description', left(p.description, 500),
           'installs_summary', p.downloads || CASE p.downloads WHEN 1 THEN ' download' ELSE ' downloads' END))
           ORDER BY p.downloads DESC, p.id), '[]'))::text AS document
  FROM pack p
  JOIN provided_profile pp ON pp.version_id = p.latest_version_id
 WHERE pp.name = $1 AND may_see(p.visibility, p.organisation_id, $2::bigint);
