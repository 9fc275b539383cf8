-- A session for who has just proved a password, unless it was changed meanwhile. The lock is in the way of a change, which then ends
-- the session too. $1 text: SHA-256 of the cookie in hex, $2 bigint: account, $3 text: hash of the password, $4 text: csrf, $5 text: ip,
-- $6 integer: seconds it may live
INSERT INTO session (digest, account_id, csrf, ip, expires_at)
SELECT decode($1, 'hex'), id, $4, $5, now() + make_interval(secs => $6::integer)
  FROM account WHERE id = $2::bigint AND password_hash = $3 AND disabled_at IS NULL
   FOR SHARE;
