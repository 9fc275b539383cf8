-- What the rows of a version say otherwise than its archive and its bundle. $1 uuid: version, $2 text: sort key, $3 boolean: pre-release,
-- $4 jsonb: manifest, $5 jsonb: permissions, $6 text: readme, or NULL, $7 jsonb: [name] of its profiles,
-- $8 text: statement, $9 text: key id; both NULL when the signature is none
SELECT t.fault
  FROM version v
 CROSS JOIN LATERAL (VALUES
       (v.sort_key <> $2 OR v.prerelease <> $3::boolean, 'it is ordered as another version'),
       (v.manifest <> $4::jsonb, 'its manifest is not that of its archive'),
       (v.permissions <> $5::jsonb, 'its permissions are not those that its profiles ask for'),
       (v.readme IS DISTINCT FROM $6, 'its README is not that of its archive'),
       ((SELECT coalesce(array_agg(p.name ORDER BY p.name), '{}') FROM provided_profile p WHERE p.version_id = v.id)
        <> (SELECT coalesce(array_agg(DISTINCT n ORDER BY n), '{}') FROM jsonb_array_elements_text($7::jsonb) AS n),
        'its profiles go by other names'),
       (v.statement <> $8, 'its signature does not bind what it is said to'),
       (v.signer_key_id <> $9, 'it is signed by another key')) AS t (differs, fault)
 WHERE v.id = $1::uuid AND t.differs;
