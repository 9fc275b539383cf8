-- Blobs that are durable now. $1 jsonb: [{digest, size_bytes}]
INSERT INTO blob (digest, size_bytes)
SELECT DISTINCT digest, size_bytes FROM jsonb_to_recordset($1::jsonb) AS b (digest text, size_bytes bigint)
ON CONFLICT (digest) DO NOTHING;
