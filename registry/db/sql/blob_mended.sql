-- Blobs have other bytes than before: no node believes what it keeps in memory or holds open.
SELECT pg_notify('package_changed', '*');
