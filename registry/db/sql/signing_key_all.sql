-- Every key that an organisation ever had. $1 text: its name
SELECT k.key_id, k.name, k.public_key, k.revoked_at IS NOT NULL AS revoked
  FROM signing_key k
  JOIN organisation o ON o.id = k.organisation_id
 WHERE name_key(o.name) = name_key($1) AND o.name = $1
 ORDER BY k.created_at, k.key_id;
