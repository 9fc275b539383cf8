-- How many events there are, and the first that does not follow from the one before it, or 0.
SELECT count(*) AS events, coalesce(min(number) FILTER (WHERE bad), 0) AS first_bad
  FROM (SELECT e.number,
               e.previous IS DISTINCT FROM coalesce(lag(e.hash) OVER chain, sha256('nono audit v1'))
               OR e.hash IS DISTINCT FROM audit_hash(e)
               OR e.number IS DISTINCT FROM coalesce(lag(e.number) OVER chain, 0) + 1 AS bad
          FROM audit_event e
        WINDOW chain AS (ORDER BY e.number)) AS checked;
