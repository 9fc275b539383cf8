-- What the constraints cannot say: a latest version that is not the one it should be, and a package without versions.
SELECT p.namespace || '/' || p.name AS subject,
       CASE WHEN NOT EXISTS (SELECT FROM version v WHERE v.package_id = p.id) THEN 'has no version'
            ELSE 'latest version is not the highest that is not yanked' END AS fault
  FROM pack p
 WHERE NOT EXISTS (SELECT FROM version v WHERE v.package_id = p.id)
    OR p.latest_version_id IS DISTINCT FROM (SELECT v.id FROM version v WHERE v.package_id = p.id AND v.yanked_at IS NULL
                                              ORDER BY v.prerelease, v.sort_key DESC LIMIT 1)
 ORDER BY 1;
