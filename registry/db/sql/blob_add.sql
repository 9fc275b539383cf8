-- Blobs that are durable now, in one order, so that nobody waits in a circle. $1 text[]: digests, $2 bigint[]: their bytes
INSERT INTO blob (digest, size_bytes)
SELECT digest, size_bytes FROM unnest($1::text[], $2::bigint[]) AS b (digest, size_bytes) ORDER BY digest
ON CONFLICT (digest) DO NOTHING;
