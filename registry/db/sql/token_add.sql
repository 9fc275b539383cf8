-- $1 bigint: account, $2 text: name, $3 text: digest in hex, $4 text: scopes, parted by spaces,
-- $5 integer: seconds until it expires, or NULL, $6 text: the token that it is made with, or NULL, which it does not outlive
INSERT INTO token (account_id, name, digest, scopes, expires_at, made_with)
SELECT $1::bigint, $2, decode($3, 'hex'), string_to_array($4, ' '),
       least(now() + make_interval(secs => $5::integer), (SELECT expires_at FROM token WHERE id = $6::uuid)), $6::uuid
RETURNING jsonb_build_object('id', id, 'name', name, 'scopes', scopes, 'created_at', rfc3339(created_at),
                             'expires_at', rfc3339(expires_at), 'last_used_at', NULL)::text AS document;
