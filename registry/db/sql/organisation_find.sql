-- An organisation, and what an account is in it. $1 text: name, $2 bigint: account, or NULL
SELECT o.id, o.name, coalesce(m.role, '') AS role
  FROM organisation o
  LEFT JOIN membership m ON m.organisation_id = o.id AND m.account_id = $2::bigint
 WHERE name_key(o.name) = name_key($1) AND o.name = $1;
