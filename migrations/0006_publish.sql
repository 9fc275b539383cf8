-- The refresh of a package is a statement of the registry, which keeps its plan without a function around it.
DROP FUNCTION package_refresh(bigint);

-- The same digests as before: of a pattern that counts to 64, PostgreSQL makes 64 states anew for every row.
ALTER TABLE blob DROP CONSTRAINT blob_digest_check,
    ADD CONSTRAINT blob_digest_check CHECK (octet_length(digest) = 64 AND digest !~ '[^0-9a-f]');
ALTER TABLE version DROP CONSTRAINT version_tar_digest_check,
    ADD CONSTRAINT version_tar_digest_check CHECK (octet_length(tar_digest) = 64 AND tar_digest !~ '[^0-9a-f]');
