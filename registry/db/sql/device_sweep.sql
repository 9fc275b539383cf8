-- Forgets what can no longer be used; a day later, so that a late poll still hears "expired".
DELETE FROM device_grant WHERE expires_at < now() - interval '1 day';
