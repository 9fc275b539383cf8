-- How many keys sign for an organisation, and how many ever did. $1 bigint: organisation
SELECT count(*) FILTER (WHERE revoked_at IS NULL) AS signing, count(*) AS ever
  FROM signing_key
 WHERE organisation_id = $1::bigint;
