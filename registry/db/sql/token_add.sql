-- $1 bigint: account, $2 text: name, $3 text: digest in hex, $4 text: scopes, parted by spaces,
-- $5 integer: seconds until it expires, or NULL
INSERT INTO token (account_id, name, digest, scopes, expires_at)
VALUES ($1::bigint, $2, decode($3, 'hex'), string_to_array($4, ' '), now() + make_interval(secs => $5::integer))
RETURNING jsonb_build_object('id', id, 'name', name, 'scopes', scopes, 'created_at', rfc3339(created_at),
                             'expires_at', rfc3339(expires_at), 'last_used_at', NULL)::text AS document;
