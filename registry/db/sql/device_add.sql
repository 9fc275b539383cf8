-- $1 text: digest of the device code in hex, $2 text: user code, $3 text: client, $4 text: scopes parted by spaces,
-- $5 text: ip, $6 integer: seconds between polls, $7 integer: seconds it lives
INSERT INTO device_grant (digest, user_code, client, scopes, ip, interval_s, expires_at)
VALUES (decode($1, 'hex'), $2, $3, string_to_array($4, ' '), $5, $6::integer, now() + make_interval(secs => $7::integer))
ON CONFLICT (user_code) DO NOTHING
RETURNING user_code;
