-- $1 bigint: session
DELETE FROM session WHERE id = $1::bigint;
