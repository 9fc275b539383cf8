-- $1 text: name, $2 bigint: account that asks, or NULL. Only members are told how many they are.
SELECT jsonb_strip_nulls(jsonb_build_object(
           'name', o.name, 'display_name', o.display_name,
           'members_count', CASE WHEN EXISTS (SELECT FROM membership m WHERE m.organisation_id = o.id AND m.account_id = $2::bigint)
                            THEN (SELECT count(*) FROM membership m WHERE m.organisation_id = o.id) END,
           'packages_count', (SELECT count(*) FROM package p WHERE p.organisation_id = o.id
                                 AND may_see(p.visibility, o.id, $2::bigint))))::text AS document
  FROM organisation o
 WHERE name_key(o.name) = name_key($1) AND o.name = $1;
