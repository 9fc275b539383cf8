-- $1 text: namespace, $2 text: name, $3 bigint: account that asks, or NULL
SELECT jsonb_build_object(
           'namespace', p.namespace, 'name', p.name, 'description', p.description, 'visibility', p.visibility,
           'latest_version', p.latest_version, 'downloads', p.downloads,
           'keywords', coalesce(p.manifest -> 'keywords', '[]'), 'homepage', p.manifest -> 'homepage',
           'repository', p.manifest -> 'repository', 'license', p.manifest -> 'license',
           'created_at', rfc3339(p.created_at), 'updated_at', rfc3339(p.updated_at),
           'versions_count', (SELECT count(*) FROM version v WHERE v.package_id = p.id))::text AS document
  FROM pack p
 WHERE p.namespace = $1 AND p.name = $2 AND may_see(p.visibility, p.organisation_id, $3::bigint);
