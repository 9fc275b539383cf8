-- The versions that a blob belongs to, the first few of many. $1 text: digest
SELECT string_agg(ref, ', ' ORDER BY number) || CASE WHEN count(*) < 10 THEN '' ELSE ' and others' END AS refs
  FROM (SELECT v.number, p.namespace || '/' || p.name || '@' || v.version AS ref
          FROM version v
          JOIN pack p ON p.id = v.package_id
         WHERE v.archive_digest = $1 OR v.bundle_digest = $1 OR EXISTS (SELECT FROM file f WHERE f.version_id = v.id AND f.digest = $1)
         ORDER BY v.number
         LIMIT 10) held;
