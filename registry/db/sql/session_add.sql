-- $1 text: SHA-256 of the cookie in hex, $2 bigint: account, $3 text: csrf, $4 text: ip, $5 integer: seconds it may live
INSERT INTO session (digest, account_id, csrf, ip, expires_at)
VALUES (decode($1, 'hex'), $2::bigint, $3, $4, now() + make_interval(secs => $5::integer));
