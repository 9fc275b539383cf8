-- An approved login becomes a token, once. $1 text: digest of the device code in hex
UPDATE device_grant g
   SET redeemed_at = now()
  FROM account a
 WHERE g.digest = decode($1, 'hex') AND g.decision = 'approve' AND g.redeemed_at IS NULL AND g.expires_at > now()
   AND a.id = g.account_id AND a.disabled_at IS NULL
RETURNING g.account_id, a.login, g.client, array_to_string(g.scopes, ' ') AS scopes;
