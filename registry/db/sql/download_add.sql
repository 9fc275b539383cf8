-- Downloads counted since the last time. $1 jsonb: {version: count}
WITH counted AS (
    SELECT v.id, v.package_id, c.value::bigint AS count
      FROM jsonb_each_text($1::jsonb) AS c (key, value)
      JOIN version v ON v.id = c.key::uuid
), days AS (
    INSERT INTO download_day AS d (version_id, day, count)
    SELECT id, (now() AT TIME ZONE 'UTC')::date, count FROM counted
    ON CONFLICT (version_id, day) DO UPDATE SET count = d.count + excluded.count
)
UPDATE package p SET downloads = p.downloads + c.count
  FROM (SELECT package_id, sum(count)::bigint AS count FROM counted GROUP BY package_id) c
 WHERE p.id = c.package_id;
