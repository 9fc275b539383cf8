-- One version, whole. $1 uuid: version
SELECT (version_item(v) || jsonb_build_object(
            'namespace', p.namespace, 'name', p.name, 'visibility', p.visibility, 'tar_digest', 'sha256:' || v.tar_digest,
            'manifest', v.manifest, 'permissions', v.permissions,
            'provenance', provenance_document(v, p.namespace, p.name),
            'files', (SELECT jsonb_agg(jsonb_build_object('path', f.path, 'size_bytes', b.size_bytes,
                                           'digest', 'sha256:' || f.digest, 'mode', CASE f.mode WHEN 493 THEN '0755' ELSE '0644' END)
                                       ORDER BY f.path)
                        FROM file f JOIN blob b ON b.digest = f.digest WHERE f.version_id = v.id)))::text AS document
  FROM version v
  JOIN pack p ON p.id = v.package_id
 WHERE v.id = $1::uuid;
