-- The pull document of a version. $1 uuid: version
SELECT jsonb_build_object(
           'namespace', p.namespace, 'name', p.name, 'version', v.version,
           'provenance', provenance_document(v, p.namespace, p.name),
           'artifacts', (SELECT jsonb_agg(jsonb_build_object(
                                    'filename', f.path, 'sha256_digest', f.digest, 'size_bytes', b.size_bytes,
                                    'download_url', base.url || '/artifacts/' || url_path(f.path)) ORDER BY f.path)
                           FROM file f JOIN blob b ON b.digest = f.digest WHERE f.version_id = v.id),
           'bundle_url', base.url || '/bundle', 'scan_passed', true,
           'signer', signer_document(v.organisation_id, v.signer_key_id), 'statement', v.statement,
           'archive', jsonb_build_object('digest', 'sha256:' || v.archive_digest, 'size_bytes', a.size_bytes,
                                         'media_type', 'application/vnd.nono.pack.v1.tar+zstd',
                                         'tar_digest', 'sha256:' || v.tar_digest, 'download_url', base.url || '/archive'),
           'published_at', rfc3339(v.published_at), 'visibility', p.visibility,
           'permissions', v.permissions)::text AS document
  FROM version v
  JOIN pack p ON p.id = v.package_id
  JOIN blob a ON a.digest = v.archive_digest
 CROSS JOIN LATERAL (SELECT '/api/v1/packages/' || p.namespace || '/' || p.name || '/versions/' || url_path(v.version) AS url) base
 WHERE v.id = $1::uuid;
