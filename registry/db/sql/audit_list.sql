-- The trail, newest first. $1 integer: how many, $2 bigint: cursor, or NULL
WITH page AS (
    SELECT e, e.number, row_number() OVER (ORDER BY e.number DESC) AS place
      FROM audit_event e
     WHERE $2::bigint IS NULL OR e.number < $2::bigint
     ORDER BY e.number DESC
     LIMIT $1::integer + 1
)
SELECT (jsonb_build_object('events', coalesce((SELECT jsonb_agg(jsonb_build_object(
            'number', (e).number, 'at', rfc3339((e).at), 'actor', (e).actor, 'action', (e).action, 'subject', (e).subject,
            'detail', (e).detail, 'ip', (e).ip, 'hash', encode((e).hash, 'hex')) ORDER BY place)
            FROM page WHERE place <= $1::integer), '[]'))
        || coalesce((SELECT jsonb_build_object('next_cursor', number::text)
                       FROM page
                      WHERE place = $1::integer AND EXISTS (SELECT FROM page WHERE place > $1::integer)), '{}'))::text AS document;
