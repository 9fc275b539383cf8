-- What asks to be let in, while it may still be decided. $1 text: user code
SELECT jsonb_build_object('user_code', user_code, 'client', client, 'scopes', scopes, 'ip', ip,
                          'requested_at', rfc3339(requested_at), 'expires_at', rfc3339(expires_at))::text AS document
  FROM device_grant
 WHERE user_code = $1 AND decision IS NULL AND expires_at > now();
