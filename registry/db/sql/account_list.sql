-- Every account, for the administrator.
SELECT jsonb_build_object('accounts', coalesce(jsonb_agg(jsonb_build_object('login', login, 'display_name', display_name, 'is_admin', is_admin,
                                             'disabled', disabled_at IS NOT NULL, 'created_at', rfc3339(created_at))
                          ORDER BY login), '[]'))::text AS document
  FROM account;
