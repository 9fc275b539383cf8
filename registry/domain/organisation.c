#include "registry/domain/organisation.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/crypto/key.h"
#include "lib/pack/ref.h"
#include "registry/auth/audit.h"
#include "registry/db/account.h"
#include "registry/db/db.h"

static bool label_check(const char *text, const char *field, struct error *err)
{
    if (text_is_line(text, 1, 100))
        return true;
    error_set(err, INVALID, "%s has 1 to 100 printable characters", field);
    return error_field(err, "%s", field);
}

static bool failed_by(const struct error *err, const char *constraint)
{
    return strcmp(err->field, constraint) == 0;
}

struct making {
    const struct organisation_request *request;
    const struct actor *actor;
};

/* Nobody whose account ends meanwhile is left as the one who owns it. */
static bool owner_hold(struct db *db, const struct account *owner, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *counts;
    if (!db_fetch_json(db, QUERY(account_lock, db_integer(owner->id)), arena, &counts, NULL, err))
        return false;
    if (counts)
        return true;
    error_set(err, CONFLICT, "%s is disabled, and owns nothing new", owner->login);
    return error_hint(err, "the operator lets them in again: nono-registry admin user enable %s",
                      owner->login);
}

/* Who acts as themself is held with what let them in; an owner whom the operator names, alike. */
static bool making_hold(struct db *db, const struct making *making, struct error *err)
{
    const struct account *owner = making->request->owner;
    return owner ? owner_hold(db, owner, err) : principal_hold(db, making->actor->who, err);
}

static bool organisation_insert(struct db *db, void *context, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct making *making = context;
    const struct account *owner = making->request->owner;
    const char *name = making->request->name;
    const char *label = making->request->display_name ? making->request->display_name : name;
    const struct principal *who = making->actor->who;
    struct db_value owns = db_integer(owner ? owner->id : who->account_id);
    struct doc *detail = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, detail, "owner", owner ? owner->login : NULL);
    struct audit_event event = { who->login, "organisation.add", name, detail, making->actor->ip };
    return making_hold(db, making, err) &&
           db_execute(db, QUERY(organisation_add, db_text(name), db_text(label), owns), NULL,
                      err) &&
           audit_add(db, &event, err);
}

bool organisation_make(struct registry *registry, const struct organisation_request *request,
                       const struct actor *actor, struct error *err)
{
    struct making making = { request, actor };
    if (!pack_namespace_check(request->name, "name", err) ||
        (request->display_name && !label_check(request->display_name, "display_name", err)))
        return false;
    if (db_transact(registry->db, DB_READ_COMMITTED, organisation_insert, &making, err))
        return true;
    if (failed_by(err, "organisation_name_reserved"))
        error_set(err, INVALID, "the name %s is reserved", request->name);
    else if (failed_by(err, "organisation_name_key")) {
        error_set(err, CONFLICT, "the name %s is taken, or too like one that is", request->name);
        error_hint(err, "case and the choice of '.', '_' or '-' do not tell names apart");
    } else
        return false;
    return error_field(err, "name");
}

struct joining {
    struct organisation *organisation;
    struct account *account;
    enum role role, needed;
    const struct actor *actor;
};

static bool membership_write(struct db *db, void *context, struct error *err)
{
    const struct joining *joining = context;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct db_value organisation = db_integer(joining->organisation->id);
    struct db_value account = db_integer(joining->account->id);
    struct doc *detail = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, detail, "login", joining->account->login);
    doc_add_text(arena, detail, "role", role_names[joining->role]);
    struct audit_event event = { joining->actor->who->login,
                                 joining->role ? "member.set" : "member.remove",
                                 joining->organisation->name, detail, joining->actor->ip };

    if (!access_hold(db, joining->organisation->name, joining->actor->who, joining->needed, err) ||
        (joining->role == ROLE_OWNER && !owner_hold(db, joining->account, err)))
        return false;
    uint64_t rows;
    bool done = joining->role
                    ? db_execute(db,
                                 QUERY(membership_set, organisation, account,
                                       db_text(role_names[joining->role])),
                                 &rows, err)
                    : db_execute(db, QUERY(membership_remove, organisation, account), &rows, err);
    if (!done)
        return false;
    if (rows == 0)
        return error_set(err, NOT_FOUND, "%s is no member of %s", joining->account->login,
                         joining->organisation->name);
    return audit_add(db, &event, err);
}

bool member_set(struct registry *registry, const struct member_request *request,
                const struct actor *actor, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct joining joining = { .role = request->role, .actor = actor };
    if (!access_organisation(registry->db, request->organisation, actor->who, ROLE_NONE, arena,
                             &joining.organisation, err) ||
        !account_find(registry->db, request->login, arena, &joining.account, err))
        return false;
    bool leaving = request->role == ROLE_NONE && joining.account &&
                   joining.account->id == actor->who->account_id;
    joining.needed = leaving ? ROLE_NONE : ROLE_OWNER;
    if (!access_require(actor->who, joining.organisation->role, joining.needed,
                        request->organisation, err))
        return false;
    if (!joining.account) {
        error_set(err, NOT_FOUND, "no account is called %s", request->login);
        return error_field(err, "login");
    }
    if (db_transact(registry->db, DB_READ_COMMITTED, membership_write, &joining, err))
        return true;
    if (!failed_by(err, "membership_last_owner"))
        return false;
    error_set(err, CONFLICT, "%s would be left without an owner", request->organisation);
    error_hint(err, "make someone else an owner first");
    return error_field(err, "role");
}

struct keying {
    struct organisation *organisation;
    const char *name, *key_id, *algorithm, *pem;
    const struct actor *actor;
    struct arena *arena;
    const char *document;
    bool revoke;
};

static bool keying_hold(struct db *db, const struct keying *keying, struct error *err)
{
    return access_hold(db, keying->organisation->name, keying->actor->who, ROLE_OWNER, err);
}

static bool key_audit(struct db *db, const struct keying *keying, struct error *err)
{
    struct doc *detail = doc_new(keying->arena, DOC_TABLE);
    doc_add_text(keying->arena, detail, "key_id", keying->key_id);
    struct audit_event event = { keying->actor->who->login,
                                 keying->revoke ? "key.revoke" : "key.add",
                                 keying->organisation->name, detail, keying->actor->ip };
    return audit_add(db, &event, err);
}

struct key_counts {
    int64_t signing, ever;
};

static const struct field key_counts_fields[] = {
    I64(struct key_counts, signing, REQUIRED),
    I64(struct key_counts, ever, REQUIRED),
};
static const struct record key_counts_record = RECORD(struct key_counts, "keys", key_counts_fields);

static bool keys_have_room(struct db *db, const struct keying *keying, struct error *err)
{
    const struct organisation *organisation = keying->organisation;
    struct key_counts *counts;
    if (!db_fetch(db, QUERY(signing_key_count, db_integer(organisation->id)), &key_counts_record,
                  keying->arena, (void **)&counts, err))
        return false;
    if (counts->ever >= KEYS_EVER_MAX) {
        error_set(err, CONFLICT, "%s has had %d keys, and no more may be registered",
                  organisation->name, KEYS_EVER_MAX);
        return error_hint(err,
                          "sign with a key that is registered: one serves any number of packs");
    }
    if (counts->signing >= KEYS_SIGNING_MAX) {
        error_set(err, CONFLICT, "%s has %d keys that sign, and no more may be registered",
                  organisation->name, KEYS_SIGNING_MAX);
        return error_hint(err, "revoke one that is not used any more");
    }
    return true;
}

static bool key_insert(struct db *db, void *context, struct error *err)
{
    struct keying *keying = context;
    return keying_hold(db, keying, err) && keys_have_room(db, keying, err) &&
           db_fetch_json(db,
                         QUERY(signing_key_add, db_integer(keying->organisation->id),
                               db_text(keying->key_id), db_text(keying->name),
                               db_text(keying->algorithm), db_text(keying->pem),
                               db_integer(keying->actor->who->account_id)),
                         keying->arena, &keying->document, NULL, err) &&
           key_audit(db, keying, err);
}

/* The organisation has, or had, this key: which of the two is said. */
static bool key_taken(struct db *db, const struct keying *keying, struct error *err)
{
    struct list keys;
    error_set(err, CONFLICT, "this key is registered already");
    if (!db_fetch_all(db, QUERY(signing_key_all, db_text(keying->organisation->name)),
                      &signing_key_record, keying->arena, &keys, err))
        return false;
    LIST_FOREACH (keys, const struct signing_key, key)
        if (strcmp(key->key_id, keying->key_id) == 0) {
            if (!key->revoked)
                return error_set(err, CONFLICT, "this key is registered already, as \"%s\"",
                                 key->name);
            error_set(err, CONFLICT, "this key was registered, as \"%s\", and is revoked",
                      key->name);
            return error_hint(err, "what is revoked signs nothing again: register another key");
        }
    return false;
}

bool key_add(struct registry *registry, const struct key_request *request,
             const struct actor *actor, struct arena *arena, const char **document,
             struct error *err)
{
    CLEANUP(public_key_freep) struct public_key *key = NULL;
    struct keying keying = { .name = request->name, .actor = actor, .arena = arena };
    if (!access_organisation(registry->db, request->organisation, actor->who, ROLE_OWNER, arena,
                             &keying.organisation, err) ||
        !label_check(request->name, "name", err))
        return false;
    if (!public_key_read(request->public_key, strlen(request->public_key), &key, err)) {
        if (err->kind != ERROR_INTERNAL)
            err->kind = ERROR_INVALID; /* whatever is wrong with it, it is the request's fault */
        return error_field(err, "public_key");
    }
    keying.key_id = public_key_id(key);
    keying.algorithm = key_type_names[public_key_type(key)];
    keying.pem = public_key_pem(key, arena);
    if (!db_transact(registry->db, DB_READ_COMMITTED, key_insert, &keying, err)) {
        if (failed_by(err, "signing_key_pkey"))
            (void)key_taken(registry->db, &keying, err);
        return err->kind == ERROR_CONFLICT ? error_field(err, "public_key") : false;
    }
    *document = keying.document;
    return true;
}

static bool key_update(struct db *db, void *context, struct error *err)
{
    struct keying *keying = context;
    uint64_t rows;
    if (!keying_hold(db, keying, err) ||
        !db_execute(db,
                    QUERY(signing_key_revoke, db_integer(keying->organisation->id),
                          db_text(keying->key_id)),
                    &rows, err))
        return false;
    if (rows == 0)
        return error_set(err, NOT_FOUND, "%s has no such key that still signs",
                         keying->organisation->name);
    return key_audit(db, keying, err);
}

bool key_revoke(struct registry *registry, const char *organisation, const char *key_id,
                const struct actor *actor, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct keying keying = { .key_id = key_id, .actor = actor, .arena = arena, .revoke = true };
    return access_organisation(registry->db, organisation, actor->who, ROLE_OWNER, arena,
                               &keying.organisation, err) &&
           db_transact(registry->db, DB_READ_COMMITTED, key_update, &keying, err);
}
