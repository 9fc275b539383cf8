-- One version, whole. $1 uuid: version
SELECT (version_item(v) || jsonb_build_object(
            'namespace', p.namespace, 'name', p.name, 'visibility', p.visibility, 'tar_digest', 'sha256:' || v.tar_digest,
            'manifest', v.manifest, 'permissions', v.permissions,
            -- by the key that the type of a directive goes by: it may have those of others too, which nothing reads
            'wiring', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                  'act', CASE d ->> 'type' WHEN 'symlink' THEN 'link' WHEN 'write_file' THEN 'write'
                                                           WHEN 'toml_block' THEN 'block' ELSE 'merge' END,
                                  'path', d ->> CASE d ->> 'type' WHEN 'symlink' THEN 'link' WHEN 'write_file' THEN 'dest' ELSE 'file' END,
                                  'when', CASE jsonb_typeof(d -> 'when') WHEN 'array' THEN d -> 'when'
                                                                         WHEN 'string' THEN jsonb_build_array(d -> 'when') END)) ORDER BY n), '[]')
                         FROM jsonb_path_query(v.manifest, '$.wiring[*] ? (@.type() == "object")') WITH ORDINALITY AS w (d, n)),
            'provenance', provenance_document(v, p.namespace, p.name),
            'files', (SELECT jsonb_agg(jsonb_build_object('path', f.path, 'size_bytes', b.size_bytes,
                                           'digest', 'sha256:' || f.digest, 'mode', CASE f.mode WHEN 493 THEN '0755' ELSE '0644' END)
                                       ORDER BY f.path)
                        FROM file f JOIN blob b ON b.digest = f.digest WHERE f.version_id = v.id)))::text AS document
  FROM version v
  JOIN pack p ON p.id = v.package_id
 WHERE v.id = $1::uuid;
