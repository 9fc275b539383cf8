-- $1 text: key
DELETE FROM rate_limit WHERE key = $1;
