-- $1 uuid: version, $2 text: path
SELECT f.path, f.digest, b.size_bytes, f.mode
  FROM file f
  JOIN blob b ON b.digest = f.digest
 WHERE f.version_id = $1::uuid AND f.path = $2;
