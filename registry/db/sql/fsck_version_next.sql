-- Versions in order, one at a time. $1 bigint: number of the one before
SELECT v.number, v.id, p.namespace, p.name, v.version, v.archive_digest, v.tar_digest, v.bundle_digest,
       coalesce((SELECT jsonb_agg(jsonb_build_object('path', f.path, 'digest', f.digest, 'size', b.size_bytes, 'mode', f.mode) ORDER BY f.path)
                   FROM file f JOIN blob b ON b.digest = f.digest WHERE f.version_id = v.id), '[]')::text AS files
  FROM version v
  JOIN pack p ON p.id = v.package_id
 WHERE v.number > $1::bigint
 ORDER BY v.number
 LIMIT 1;
