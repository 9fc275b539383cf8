-- One poll of a device: what stands, and the wait grows when it comes too early (RFC 8628 section 3.5).
-- $1 text: digest of the device code in hex
WITH before AS (
    SELECT digest, decision, redeemed_at, expires_at <= now() AS expired,
           last_polled_at > now() - make_interval(secs => interval_s) AS early
      FROM device_grant WHERE digest = decode($1, 'hex') FOR UPDATE
)
UPDATE device_grant g
   SET last_polled_at = now(),
       interval_s = CASE WHEN b.early THEN least(g.interval_s + 5, 60) ELSE g.interval_s END
  FROM before b
 WHERE g.digest = b.digest
RETURNING CASE WHEN b.expired OR b.redeemed_at IS NOT NULL THEN 'expired'
               WHEN b.decision = 'deny' THEN 'denied'
               WHEN b.early THEN 'early'
               WHEN b.decision = 'approve' THEN 'approved'
               ELSE 'pending' END AS state;
