-- Whether a session is there still, and its account counts; both stay so until the transaction ends. $1 bigint: session
SELECT true AS found
  FROM account a
  JOIN session s ON s.account_id = a.id
 WHERE s.id = $1::bigint AND s.expires_at > now() AND a.disabled_at IS NULL
   FOR SHARE OF a, s;
