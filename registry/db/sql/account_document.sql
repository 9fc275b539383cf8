-- What whoami says of an account. $1 bigint: account
SELECT jsonb_build_object(
           'user', jsonb_build_object('login', a.login, 'display_name', a.display_name, 'is_admin', a.is_admin),
           'organisations', coalesce((SELECT jsonb_agg(jsonb_build_object('name', o.name, 'role', m.role) ORDER BY o.name)
                                        FROM membership m JOIN organisation o ON o.id = m.organisation_id
                                       WHERE m.account_id = a.id), '[]'))::text AS document
  FROM account a
 WHERE a.id = $1::bigint;
