-- Whether a session is there still, and stays so until the transaction ends. $1 bigint: session
SELECT true AS found FROM session WHERE id = $1::bigint AND expires_at > now() FOR SHARE;
