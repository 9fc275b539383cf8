-- $1 bigint: organisation
SELECT jsonb_build_object('members', coalesce(jsonb_agg(
           jsonb_build_object('login', a.login, 'display_name', a.display_name, 'role', m.role) ORDER BY a.login), '[]'))::text AS document
  FROM membership m
  JOIN account a ON a.id = m.account_id
 WHERE m.organisation_id = $1::bigint;
