-- Whether a row speaks of a blob. $1 text: digest
SELECT EXISTS (SELECT FROM version WHERE archive_digest = $1 OR bundle_digest = $1)
    OR EXISTS (SELECT FROM file WHERE digest = $1) AS found;
