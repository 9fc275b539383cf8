-- What changes a package or its versions is done one after the other, as a publish does it (package_add). A statement of its own: one that
-- looks for the latest version, too, would see what was there when it began to wait. $1 bigint: package
SELECT id FROM package WHERE id = $1::bigint FOR NO KEY UPDATE;
