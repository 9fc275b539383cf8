-- Packs, their versions, and where their bytes are.

-- Every blob that a row speaks of. The bytes are durable in the blob store before the row is there.
CREATE TABLE blob (
    digest     text PRIMARY KEY CHECK (digest ~ '^[0-9a-f]{64}$'),
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE package (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organisation_id   bigint NOT NULL REFERENCES organisation,
    name              text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    visibility        text NOT NULL CHECK (visibility IN ('public', 'private')),
    summary           text CHECK (char_length(summary) <= 500), -- set by people; stands before the manifest's
    latest_version_id uuid,
    search_text       text NOT NULL DEFAULT '', -- lower case: namespace, name, description, keywords
    downloads         bigint NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX package_name_key ON package (organisation_id, name_key(name));
CREATE INDEX package_popular ON package (downloads DESC, id);

CREATE TABLE version (
    id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    number           bigint GENERATED ALWAYS AS IDENTITY UNIQUE, -- order of publishing
    package_id       bigint NOT NULL REFERENCES package,
    version          text NOT NULL CHECK (char_length(version) BETWEEN 5 AND 128),
    -- Byte order of sort_key is the precedence of semver.org 2.0.0 section 11; versions that differ
    -- in build metadata alone are equal, and only one of them can be published.
    sort_key         text COLLATE "C" NOT NULL,
    prerelease       boolean NOT NULL,
    manifest         jsonb NOT NULL,
    permissions      jsonb NOT NULL,
    readme           text,
    archive_digest   text NOT NULL REFERENCES blob,
    tar_digest       text NOT NULL CHECK (tar_digest ~ '^[0-9a-f]{64}$'),
    bundle_digest    text NOT NULL REFERENCES blob,
    -- What the signed statement binds: 'pack' names the pack, its version and its archive; 'files'
    -- is the original's form, which binds the files alone.
    statement        text NOT NULL CHECK (statement IN ('pack', 'files')),
    signer_key_id    text NOT NULL,
    organisation_id  bigint NOT NULL,
    published_at     timestamptz NOT NULL DEFAULT now(),
    published_by     bigint REFERENCES account ON DELETE SET NULL,
    yanked_at        timestamptz,
    yanked_by        bigint REFERENCES account ON DELETE SET NULL,
    yank_reason      text CHECK (char_length(yank_reason) BETWEEN 1 AND 1000),
    UNIQUE (package_id, version),
    UNIQUE (package_id, sort_key),
    UNIQUE (id, package_id),
    FOREIGN KEY (organisation_id, signer_key_id) REFERENCES signing_key,
    CHECK ((yanked_at IS NULL) = (yank_reason IS NULL))
);
CREATE INDEX version_newest ON version (package_id, number DESC);
CREATE INDEX version_latest ON version (package_id, prerelease, sort_key DESC) WHERE yanked_at IS NULL;
CREATE INDEX version_archive ON version (archive_digest);
CREATE INDEX version_bundle ON version (bundle_digest);

ALTER TABLE package ADD FOREIGN KEY (latest_version_id, id) REFERENCES version (id, package_id);

CREATE TABLE file (
    version_id uuid NOT NULL REFERENCES version,
    path       text COLLATE "C" NOT NULL CHECK (octet_length(path) BETWEEN 1 AND 512),
    digest     text NOT NULL REFERENCES blob,
    mode       integer NOT NULL CHECK (mode IN (420, 493)), -- 0644, 0755
    PRIMARY KEY (version_id, path)
);
CREATE INDEX file_digest ON file (digest);

-- The profile names that a version answers to: install_as and aliases of its profiles.
CREATE TABLE provided_profile (
    version_id uuid NOT NULL REFERENCES version,
    name       text NOT NULL,
    PRIMARY KEY (version_id, name)
);
CREATE INDEX provided_profile_name ON provided_profile (name);

CREATE TABLE download_day (
    version_id uuid NOT NULL REFERENCES version,
    day        date NOT NULL,
    count      bigint NOT NULL CHECK (count > 0),
    PRIMARY KEY (version_id, day)
);

-- What was published does not change. Only a yank comes and goes.
CREATE FUNCTION version_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published version stays: yank it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_fixed';
    END IF;
    OLD.yanked_at := NEW.yanked_at;
    OLD.yanked_by := NEW.yanked_by;
    OLD.yank_reason := NEW.yank_reason;
    OLD.published_by := NEW.published_by; -- an account that goes leaves NULL
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'a published version does not change'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'version_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_fixed BEFORE UPDATE OR DELETE ON version
    FOR EACH ROW EXECUTE FUNCTION version_fixed();

CREATE FUNCTION row_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'row_fixed';
END $$;
CREATE TRIGGER file_fixed BEFORE UPDATE OR DELETE ON file
    FOR EACH ROW EXECUTE FUNCTION row_fixed();
CREATE TRIGGER provided_profile_fixed BEFORE UPDATE OR DELETE ON provided_profile
    FOR EACH ROW EXECUTE FUNCTION row_fixed();

-- Whether an account (NULL: nobody signed in) may know that a package exists.
CREATE FUNCTION may_see(visibility text, organisation bigint, viewer bigint) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN visibility = 'public'
        OR EXISTS (SELECT FROM membership m WHERE m.organisation_id = organisation AND m.account_id = viewer)
        OR EXISTS (SELECT FROM account a WHERE a.id = viewer AND a.is_admin);

-- latest: the highest release that is not yanked, or else the highest pre-release; and what a search
-- looks through follows it.
CREATE FUNCTION package_refresh(package bigint) RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    UPDATE package p
       SET latest_version_id = latest.id,
           search_text = lower(concat_ws(' ', o.name || '/' || p.name, coalesce(p.summary, latest.manifest ->> 'description'),
                                         (SELECT string_agg(k, ' ')
                                            FROM jsonb_array_elements_text(CASE jsonb_typeof(latest.manifest -> 'keywords')
                                                     WHEN 'array' THEN latest.manifest -> 'keywords' ELSE '[]' END) k))),
           updated_at = now()
      FROM organisation o
      LEFT JOIN LATERAL (SELECT v.id, v.manifest FROM version v
                          WHERE v.package_id = package AND v.yanked_at IS NULL
                          ORDER BY v.prerelease, v.sort_key DESC LIMIT 1) latest ON true
     WHERE p.id = package AND o.id = p.organisation_id;
END;

-- Caches hang on this channel. The payload names what is stale: "namespace/name" for a pack's own
-- documents, "lists" for search and providers, "*" for everything.
CREATE FUNCTION package_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('package_changed', o.name || '/' || NEW.name)
       FROM organisation o WHERE o.id = NEW.organisation_id;
    PERFORM pg_notify('package_changed', 'lists');
    RETURN NULL;
END $$;
CREATE TRIGGER package_made AFTER INSERT ON package
    FOR EACH ROW EXECUTE FUNCTION package_notify();
CREATE TRIGGER package_changed AFTER UPDATE ON package
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION package_notify();

CREATE FUNCTION signing_key_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('package_changed', '*'); -- documents say whether their signer is revoked
    RETURN NULL;
END $$;
CREATE TRIGGER signing_key_notify AFTER UPDATE ON signing_key
    FOR EACH STATEMENT EXECUTE FUNCTION signing_key_notify();

-- A path or version as it stands in a URL: everything but unreserved characters and '/' is escaped.
CREATE FUNCTION url_path(path text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE WHEN path ~ '^[A-Za-z0-9._~/-]*$' THEN path
           ELSE (SELECT string_agg(CASE WHEN c ~ '[A-Za-z0-9._~/-]' THEN c
                                   ELSE regexp_replace(upper(encode(convert_to(c, 'UTF8'), 'hex')), '(..)', '%\1', 'g')
                                   END, '' ORDER BY place)
                   FROM regexp_split_to_table(path, '') WITH ORDINALITY AS s (c, place)) END;

-- A package with what its latest version says of it.
CREATE VIEW pack AS
SELECT p.id, p.organisation_id, o.name AS namespace, p.name, p.visibility,
       coalesce(p.summary, v.manifest ->> 'description') AS description,
       p.latest_version_id, v.version AS latest_version, v.manifest,
       p.search_text, p.downloads, p.created_at, p.updated_at
  FROM package p
  JOIN organisation o ON o.id = p.organisation_id
  LEFT JOIN version v ON v.id = p.latest_version_id;

-- One line of a list of packs. id, kind, tags and is_org are there for the original's pages.
CREATE FUNCTION pack_item(p pack) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN jsonb_build_object(
        'id', p.id, 'namespace', p.namespace, 'name', p.name, 'description', p.description,
        'latest_version', p.latest_version, 'visibility', p.visibility, 'downloads', p.downloads,
        'keywords', coalesce(p.manifest -> 'keywords', '[]'), 'tags', coalesce(p.manifest -> 'keywords', '[]'),
        'kind', 'pack', 'is_org', true, 'updated_at', rfc3339(p.updated_at));

CREATE FUNCTION signer_document(organisation bigint, key text) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN (SELECT jsonb_build_object('kind', 'key', 'key_id', k.key_id, 'name', k.name,
                                      'revoked', k.revoked_at IS NOT NULL)
              FROM signing_key k WHERE k.organisation_id = organisation AND k.key_id = key);

-- One line of a list of versions.
CREATE FUNCTION version_item(v version) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN jsonb_strip_nulls(jsonb_build_object(
        'id', v.id, 'version', v.version, 'digest', 'sha256:' || v.archive_digest,
        'size_bytes', (SELECT b.size_bytes FROM blob b WHERE b.digest = v.archive_digest),
        'published_at', rfc3339(v.published_at),
        'published_by', coalesce((SELECT a.login FROM account a WHERE a.id = v.published_by), ''),
        'yanked', v.yanked_at IS NOT NULL, 'yank_reason', v.yank_reason,
        'statement', v.statement,
        'signer', signer_document(v.organisation_id, v.signer_key_id)));

-- Who signed, in the original's words. A key has no workflow and no ref, and is in no log.
CREATE FUNCTION provenance_document(v version, namespace text, name text) RETURNS jsonb
    LANGUAGE sql STABLE
    RETURN jsonb_build_object('signer_identity', 'key:' || v.signer_key_id, 'repository', namespace || '/' || name,
                              'workflow', '', 'git_ref', '', 'rekor_log_index', NULL, 'signed_at', NULL);
