-- A blob, if a pack that the account may see holds it. $1 text: digest, $2 bigint: account, or NULL
SELECT b.digest, b.size_bytes, bool_or(p.visibility = 'public') AS public,
       bool_or(held.kind = 'archive') AS archive,
       coalesce(min(o.name || '/' || p.name) FILTER (WHERE p.visibility = 'public'), '') AS holder
  FROM blob b
  JOIN LATERAL (SELECT v.package_id, 'archive' AS kind FROM version v WHERE v.archive_digest = b.digest
                UNION ALL SELECT v.package_id, 'bundle' FROM version v WHERE v.bundle_digest = b.digest
                UNION ALL SELECT v.package_id, 'file' FROM file f JOIN version v ON v.id = f.version_id WHERE f.digest = b.digest) held ON true
  JOIN package p ON p.id = held.package_id AND may_see(p.visibility, p.organisation_id, $2::bigint)
  JOIN organisation o ON o.id = p.organisation_id
 WHERE b.digest = $1
 GROUP BY b.digest, b.size_bytes;
