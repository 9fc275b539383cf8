-- A version of a package that the account may see. $1 text: namespace, $2 text: name, $3 text: version, or "latest",
-- $4 bigint: account, or NULL. The latest of a package whose versions are all yanked is the highest, yanked as it is.
SELECT v.id, p.id AS package_id, p.organisation_id, p.namespace, p.name, v.version, p.visibility,
       v.archive_digest, v.tar_digest, v.bundle_digest, b.size_bytes AS archive_size,
       v.yanked_at IS NOT NULL AS yanked, coalesce(v.yank_reason, '') AS yank_reason,
       coalesce((SELECT m.role FROM membership m WHERE m.organisation_id = p.organisation_id AND m.account_id = $4::bigint), '') AS role
  FROM pack p
  JOIN version v ON v.package_id = p.id AND CASE $3 WHEN 'latest' THEN v.id = coalesce(p.latest_version_id,
           (SELECT w.id FROM version w WHERE w.package_id = p.id ORDER BY w.prerelease, w.sort_key DESC LIMIT 1)) ELSE v.version = $3 END
  JOIN blob b ON b.digest = v.archive_digest
 WHERE p.namespace = $1 AND p.name = $2 AND may_see(p.visibility, p.organisation_id, $4::bigint);
