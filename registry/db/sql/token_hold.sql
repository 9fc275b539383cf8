-- Whether a token counts still, and its account; both do so until the transaction ends. $1 uuid: token
SELECT true AS found
  FROM account a
  JOIN token t ON t.account_id = a.id
 WHERE t.id = $1::uuid AND t.revoked_at IS NULL
   AND (t.expires_at IS NULL OR t.expires_at > now())
   AND a.disabled_at IS NULL
   FOR SHARE OF a, t;
