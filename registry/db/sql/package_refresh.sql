-- $1 bigint: package
SELECT package_refresh($1::bigint)::text AS document;
