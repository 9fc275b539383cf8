-- Blobs that rows speak of, one at a time. $1 text: digest of the one before
SELECT digest, size_bytes FROM blob WHERE digest > $1 ORDER BY digest LIMIT 1;
