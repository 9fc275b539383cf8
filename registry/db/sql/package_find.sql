-- A package that the account may see, and what it is there. $1 text: namespace, $2 text: name, $3 bigint: account, or NULL
SELECT p.id, p.organisation_id, p.namespace, p.name, p.visibility, coalesce(p.latest_version, '') AS latest_version,
       coalesce((SELECT m.role FROM membership m WHERE m.organisation_id = p.organisation_id AND m.account_id = $3::bigint), '') AS role
  FROM pack p
 WHERE p.namespace = $1 AND p.name = $2 AND may_see(p.visibility, p.organisation_id, $3::bigint);
