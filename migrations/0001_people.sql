-- People, organisations, and what proves who they are.

-- "Acme-Tools", "acme_tools" and "acme.tools" are one name: the later two cannot be taken.
CREATE FUNCTION name_key(name text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN translate(lower(name), '_.', '--');

-- What every time in a document looks like: RFC 3339, UTC, microseconds.
CREATE FUNCTION rfc3339(moment timestamptz) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE STRICT
    RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

CREATE TABLE account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    login         text NOT NULL CHECK (login ~ '^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$'),
    display_name  text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 100),
    password_hash text NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    is_admin      boolean NOT NULL DEFAULT false,
    created_at    timestamptz NOT NULL DEFAULT now(),
    disabled_at   timestamptz
);
CREATE UNIQUE INDEX account_login_key ON account (name_key(login));

-- A browser's session. The cookie's value is never stored, only its SHA-256.
CREATE TABLE session (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest       bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    account_id   bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    csrf         text NOT NULL CHECK (csrf ~ '^[0-9a-f]{64}$'),
    ip           text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL CHECK (expires_at > created_at)
);
CREATE INDEX session_account ON session (account_id);

CREATE TABLE token (
    id           uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id   bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    name         text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    digest       bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 32),
    scopes       text[] NOT NULL CHECK (cardinality(scopes) > 0
                     AND scopes <@ ARRAY['read', 'publish', 'yank', 'org', 'account']),
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz CHECK (expires_at > created_at),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
CREATE INDEX token_account ON token (account_id, created_at);

-- An organisation owns the namespace of its name.
CREATE TABLE organisation (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         text NOT NULL CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    display_name text NOT NULL CHECK (char_length(display_name) BETWEEN 1 AND 100),
    created_at   timestamptz NOT NULL DEFAULT now(),
    created_by   bigint REFERENCES account ON DELETE SET NULL
);
CREATE UNIQUE INDEX organisation_name_key ON organisation (name_key(name));

-- Names that would read as a part of the registry itself, or stand where its pages do.
CREATE TABLE reserved_name (
    key text PRIMARY KEY CHECK (key = name_key(key))
);
INSERT INTO reserved_name (key)
SELECT unnest(ARRAY[
    'about', 'account', 'accounts', 'admin', 'administrator', 'all', 'api', 'assets', 'audit', 'auth', 'blobs', 'bundle', 'default',
    'device', 'docs', 'download', 'healthz', 'help', 'latest', 'login', 'logout', 'metrics', 'new', 'official', 'openapi',
    'organisations', 'organizations', 'orgs', 'packages', 'popular', 'profiles', 'readyz', 'registry', 'root', 'search', 'security',
    'settings', 'signup', 'static', 'status', 'support', 'system', 'tokens', 'user', 'users', 'well-known', 'www']);

CREATE FUNCTION organisation_name_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM reserved_name WHERE key = name_key(NEW.name)) THEN
        RAISE EXCEPTION 'the name "%" is reserved', NEW.name
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_name_reserved';
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.name <> OLD.name THEN
        RAISE EXCEPTION 'a namespace keeps its name: what was signed for it names it'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'organisation_name_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER organisation_name_check BEFORE INSERT OR UPDATE ON organisation
    FOR EACH ROW EXECUTE FUNCTION organisation_name_check();

-- 1 reader, 2 publisher, 3 maintainer, 4 owner: each may do what the one before may.
CREATE FUNCTION role_rank(role text) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_position(ARRAY['reader', 'publisher', 'maintainer', 'owner'], role);

CREATE TABLE membership (
    organisation_id bigint NOT NULL REFERENCES organisation ON DELETE CASCADE,
    account_id      bigint NOT NULL REFERENCES account ON DELETE CASCADE,
    role            text NOT NULL CHECK (role_rank(role) IS NOT NULL),
    created_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, account_id)
);
CREATE INDEX membership_account ON membership (account_id);

-- An organisation always has an owner. Checked at commit, so that ownership can be handed over; the
-- row lock makes two owners who leave at once wait for each other.
CREATE FUNCTION membership_owner_check() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM organisation WHERE id = OLD.organisation_id FOR UPDATE;
    IF FOUND AND NOT EXISTS (SELECT FROM membership
                              WHERE organisation_id = OLD.organisation_id AND role = 'owner') THEN
        RAISE EXCEPTION 'an organisation keeps at least one owner'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_last_owner';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER membership_owner_check AFTER UPDATE OR DELETE ON membership
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.role = 'owner') EXECUTE FUNCTION membership_owner_check();

-- The public keys that may sign for a namespace. A key that is revoked stays, so that what it signed
-- can still be told apart from what nobody signed.
CREATE TABLE signing_key (
    organisation_id bigint NOT NULL REFERENCES organisation ON DELETE CASCADE,
    key_id          text NOT NULL CHECK (key_id ~ '^[0-9a-f]{64}$'),
    name            text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
    algorithm       text NOT NULL CHECK (algorithm IN ('ecdsa-p256', 'ed25519')),
    public_key      text NOT NULL,
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      bigint REFERENCES account ON DELETE SET NULL,
    revoked_at      timestamptz,
    PRIMARY KEY (organisation_id, key_id)
);
CREATE FUNCTION signing_key_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.revoked_at IS NULL OR OLD.revoked_at IS NOT NULL
       OR (NEW.organisation_id, NEW.key_id, NEW.algorithm, NEW.public_key, NEW.created_at)
          IS DISTINCT FROM
          (OLD.organisation_id, OLD.key_id, OLD.algorithm, OLD.public_key, OLD.created_at) THEN
        RAISE EXCEPTION 'a signing key can only be revoked, once'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'signing_key_fixed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signing_key_fixed BEFORE UPDATE ON signing_key
    FOR EACH ROW EXECUTE FUNCTION signing_key_fixed();

-- One device login (RFC 8628). Both codes are secrets while they live: the device's is stored as a
-- digest, the user's is short and needed to look the request up.
CREATE TABLE device_grant (
    digest         bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    user_code      text NOT NULL UNIQUE,
    client         text NOT NULL,
    scopes         text[] NOT NULL CHECK (cardinality(scopes) > 0
                       AND scopes <@ ARRAY['read', 'publish', 'yank', 'org', 'account']),
    ip             text NOT NULL,
    interval_s     integer NOT NULL CHECK (interval_s BETWEEN 1 AND 60),
    requested_at   timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    last_polled_at timestamptz,
    decision       text CHECK (decision IN ('approve', 'deny')),
    account_id     bigint REFERENCES account ON DELETE CASCADE,
    redeemed_at    timestamptz,
    CHECK ((decision IS NULL) = (account_id IS NULL)),
    CHECK (redeemed_at IS NULL OR decision = 'approve')
);

-- Counters of attempts, by what is limited. Not worth a log: after a crash they begin at nothing.
CREATE UNLOGGED TABLE rate_limit (
    key        text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    used       integer NOT NULL
);
