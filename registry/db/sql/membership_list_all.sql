-- Who is what in every organisation, those of most authority first.
SELECT o.name AS organisation, a.login, m.role
  FROM membership m
  JOIN organisation o ON o.id = m.organisation_id
  JOIN account a ON a.id = m.account_id
 ORDER BY o.name, array_position(ARRAY['owner', 'maintainer', 'publisher', 'reader'], m.role), a.login;
