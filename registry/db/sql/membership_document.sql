-- $1 bigint: organisation, $2 text: login
SELECT jsonb_build_object('login', a.login, 'display_name', a.display_name, 'role', m.role)::text AS document
  FROM membership m
  JOIN account a ON a.id = m.account_id
 WHERE m.organisation_id = $1::bigint AND name_key(a.login) = name_key($2);
