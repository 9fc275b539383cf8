-- The version that stands where another would go: the same, or one of equal precedence.
-- $1 bigint: organisation, $2 text: name, $3 text: sort key
SELECT v.id, v.version, v.tar_digest, v.archive_digest, v.bundle_digest
  FROM version v
  JOIN package p ON p.id = v.package_id
 WHERE p.organisation_id = $1::bigint AND name_key(p.name) = name_key($2) AND p.name = $2 AND v.sort_key = $3;
