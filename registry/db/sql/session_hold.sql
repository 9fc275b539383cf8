-- Whether a session is there still, and stays so until the transaction ends. Against its deletion alone: that it was seen is noted meanwhile.
-- $1 bigint: session
SELECT true AS found FROM session WHERE id = $1::bigint AND expires_at > now() FOR KEY SHARE;
