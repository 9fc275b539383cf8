-- The audit trail: each event carries the SHA-256 of the one before, so that none can be changed,
-- moved or taken out without the rest showing it.

CREATE TABLE audit_event (
    number   bigint PRIMARY KEY,
    at       timestamptz NOT NULL,
    actor    text NOT NULL, -- login, or "system"
    action   text NOT NULL CHECK (action ~ '^[a-z]+([._][a-z]+)+$'),
    subject  text NOT NULL, -- "ns/name@version", a login, a token's id
    detail   jsonb NOT NULL,
    ip       text NOT NULL,
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_event_subject ON audit_event (subject, number DESC);

-- What is hashed: the previous hash, then a JSON list of the fields in this order. JSON, so that
-- no two events are written alike; jsonb, so that detail has one form.
CREATE FUNCTION audit_hash(e audit_event) RETURNS bytea
    LANGUAGE sql STABLE
    RETURN sha256(e.previous || convert_to(jsonb_build_array(e.number, rfc3339(e.at), e.actor, e.action,
                                                             e.subject, e.detail, e.ip)::text, 'UTF8'));

-- One writer at a time: the lock is held to the end of the transaction, so numbers have no gaps and
-- events appear in their order. Take it late in a transaction.
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(7236837);
    SELECT number, hash INTO last FROM audit_event ORDER BY number DESC LIMIT 1;
    NEW.number := coalesce(last.number, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(last.hash, sha256('nono audit v1'));
    NEW.hash := audit_hash(NEW);
    RETURN NEW;
END $$;
CREATE TRIGGER audit_link BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_link();
CREATE TRIGGER audit_fixed BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION row_fixed();
CREATE TRIGGER audit_kept BEFORE TRUNCATE ON audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION row_fixed();
