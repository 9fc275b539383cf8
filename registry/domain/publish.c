#include "registry/domain/publish.h"

#include <string.h>

#include "lib/base/crash.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/json/json.h"
#include "registry/auth/audit.h"
#include "registry/blob/blob.h"
#include "registry/db/db.h"
#include "registry/db/id.h"
#include "registry/domain/parcel.h"

static const struct field publish_result_fields[] = {
    TEXT(struct publish_result, id, REQUIRED),     TEXT(struct publish_result, namespace, REQUIRED),
    TEXT(struct publish_result, name, REQUIRED),   TEXT(struct publish_result, version, REQUIRED),
    TEXT(struct publish_result, digest, REQUIRED), BOOL(struct publish_result, created, REQUIRED),
    TEXTS(struct publish_result, notes, OPTIONAL),
};
const struct record publish_result_record =
    RECORD(struct publish_result, "publish result", publish_result_fields);

struct made {
    int64_t id;
    const char *name;
    int visibility;
};

static const struct field made_fields[] = {
    I64(struct made, id, REQUIRED),
    TEXT(struct made, name, REQUIRED),
    ENUM(struct made, visibility, visibility_names, REQUIRED),
};
static const struct record made_record = RECORD(struct made, "package", made_fields);

/* What who publishes was let in by, before the body came. */
struct proof {
    bool found;
};

static const struct field proof_fields[] = { BOOL(struct proof, found, REQUIRED) };
static const struct record proof_record = RECORD(struct proof, "proof", proof_fields);

struct member {
    int role;
};

static const struct field member_fields[] = { ENUM(struct member, role, role_names, REQUIRED) };
static const struct record member_record = RECORD(struct member, "membership", member_fields);

struct held {
    const char *key_id;
};

static const struct field held_fields[] = { TEXT(struct held, key_id, REQUIRED) };
static const struct record held_record = RECORD(struct held, "signing key", held_fields);

/* A version that is there already under the number of the one that comes. */
struct standing {
    const char *id, *version, *tar_digest, *archive_digest, *bundle_digest;
};

static const struct field standing_fields[] = {
    TEXT(struct standing, id, REQUIRED),
    TEXT(struct standing, version, REQUIRED),
    TEXT(struct standing, tar_digest, REQUIRED),
    TEXT(struct standing, archive_digest, REQUIRED),
    TEXT(struct standing, bundle_digest, REQUIRED),
};
static const struct record standing_record = RECORD(struct standing, "version", standing_fields);

struct publishing {
    struct registry *registry;
    const struct publish_request *request;
    const struct actor *actor;
    struct parcel *parcel;
    struct blob_batch *batch;
    struct arena *arena;
    char bundle_digest[SHA256_TEXT];
    int64_t package;
    struct publish_result *out;
};

static bool result_fill(struct publishing *publishing, const char *id, const char *digest,
                        bool created)
{
    const struct publish_request *request = publishing->request;
    *publishing->out =
        (struct publish_result){ .id = id,
                                 .namespace = request->namespace,
                                 .name = request->name,
                                 .version = request->version,
                                 .digest = arena_printf(publishing->arena, "sha256:%s", digest),
                                 .created = created,
                                 .notes = publishing->parcel->notes };
    return true;
}

/*
 * What stands under the version already. The same content is the same publish, sent again; *found
 * says so. Anything else may not take its place.
 */
static bool standing_check(struct publishing *publishing, const struct standing *standing,
                           bool *found, struct error *err)
{
    *found = standing && strcmp(standing->version, publishing->request->version) == 0 &&
             strcmp(standing->tar_digest, publishing->parcel->index.tar_sha256) == 0;
    if (!standing)
        return true;
    if (*found)
        return result_fill(publishing, standing->id, standing->archive_digest, false);
    error_set(err, CONFLICT, "%s/%s@%s is published with other content",
              publishing->request->namespace, publishing->request->name, standing->version);
    error_hint(err, "a version does not change: publish under a higher one");
    return error_field(err, "version");
}

/* A body may come for hours: what let it in is asked again, and is held until the end. Absent
 * (NULL) is what has ended. */
static bool publisher_check(const struct publishing *publishing, const struct proof *account,
                            const struct proof *proof, const struct member *member,
                            struct error *err)
{
    const struct principal *who = publishing->actor->who;
    if (account && proof)
        return access_require(who, member ? member->role : ROLE_NONE, ROLE_PUBLISHER,
                              publishing->request->namespace, err);
    error_set(err, UNAUTHORIZED,
              "the %s has ended, or its account was disabled, since the upload began",
              who->token_id ? "token" : "session");
    return error_hint(err, "sign in again; nothing was published");
}

static bool package_check(const struct publishing *publishing, const struct made *package,
                          struct error *err)
{
    const struct publish_request *request = publishing->request;
    if (!package)
        return error_set(err, INTERNAL, "a pack was not made");
    if (strcmp(package->name, request->name) != 0) {
        error_set(err, CONFLICT, "%s is too like %s, which is there", request->name, package->name);
        error_hint(err, "case and the choice of '.', '_' or '-' do not tell names apart");
        return error_field(err, "name");
    }
    if (request->visibility &&
        strcmp(visibility_names[package->visibility], request->visibility) != 0) {
        error_set(err, CONFLICT, "%s/%s is %s", request->namespace, request->name,
                  visibility_names[package->visibility]);
        error_hint(err, "a maintainer changes that with PATCH /api/v1/packages/%s/%s",
                   request->namespace, request->name);
        return error_field(err, "visibility");
    }
    return true;
}

/* Archive and bundle of the same content may be other bytes: those that stand are the version's. */
static void blobs_leave(const struct publishing *publishing, const struct standing *standing)
{
    const char *archive = publishing->parcel->index.sha256;
    if (strcmp(standing->archive_digest, archive) != 0)
        blob_batch_leave(publishing->batch, archive);
    if (strcmp(standing->bundle_digest, publishing->bundle_digest) != 0)
        blob_batch_leave(publishing->batch, publishing->bundle_digest);
    blob_batch_leave_sound(publishing->batch);
}

/* The key was good when the signature was checked; now it is held until the end. */
static bool key_check(const struct list *held, const char *key_id, struct error *err)
{
    LIST_FOREACH (*held, struct held, key)
        if (strcmp(key->key_id, key_id) == 0)
            return true;
    error_set(err, UNTRUSTED, "the key was revoked just now");
    return error_field(err, "bundle");
}

/* Rows as columns: PostgreSQL takes arrays for less than JSON. */
struct blob_rows {
    struct list digests, sizes;
};

static void blob_row_add(struct blob_rows *rows, const char *digest, uint64_t size,
                         struct arena *arena)
{
    *LIST_AT(rows->digests, const char *, rows->digests.count++) = digest;
    *LIST_AT(rows->sizes, const char *, rows->sizes.count++) =
        arena_printf(arena, "%ju", (uintmax_t)size);
}

static struct blob_rows blob_rows(const struct publishing *publishing)
{
    struct arena *arena = publishing->arena;
    const struct pack_index *index = &publishing->parcel->index;
    size_t room = index->files.count + 2;
    struct blob_rows rows = { .digests = { ARENA_ARRAY(arena, const char *, room), 0 },
                              .sizes = { ARENA_ARRAY(arena, const char *, room), 0 } };
    blob_row_add(&rows, index->sha256, index->archive_bytes, arena);
    blob_row_add(&rows, publishing->bundle_digest, publishing->request->bundle.len, arena);
    LIST_FOREACH (index->files, struct pack_file, file)
        blob_row_add(&rows, file->sha256, file->size, arena);
    return rows;
}

struct file_rows {
    struct list paths, digests, modes;
};

static struct file_rows file_rows(const struct publishing *publishing)
{
    struct arena *arena = publishing->arena;
    const struct list *files = &publishing->parcel->index.files;
    const char **paths = ARENA_ARRAY(arena, const char *, files->count + 1);
    const char **digests = ARENA_ARRAY(arena, const char *, files->count + 1);
    const char **modes = ARENA_ARRAY(arena, const char *, files->count + 1);
    for (size_t i = 0; i < files->count; i++) {
        const struct pack_file *file = LIST_AT(*files, struct pack_file, i);
        paths[i] = file->path;
        digests[i] = file->sha256;
        modes[i] = file->executable ? "493" : "420"; /* 0755, 0644 */
    }
    return (struct file_rows){ { paths, files->count },
                               { digests, files->count },
                               { modes, files->count } };
}

static struct query audit_row(const struct publishing *publishing)
{
    struct arena *arena = publishing->arena;
    const struct publish_request *request = publishing->request;
    struct doc *detail = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, detail, "archive", publishing->parcel->index.sha256);
    doc_add_text(arena, detail, "bundle", publishing->bundle_digest);
    doc_add_text(arena, detail, "key_id", publishing->parcel->key_id);
    struct audit_event event = { publishing->actor->who->login, "version.publish",
                                 arena_printf(arena, "%s/%s@%s", request->namespace, request->name,
                                              request->version),
                                 detail, publishing->actor->ip };
    return audit_query(&event, arena);
}

/*
 * What the transaction begins with: the package is made or locked, and what is told of the rest
 * stays true until the end, for who publishes and the keys are held too. While the database does
 * that, the content is checked.
 */
static bool rows_begin(struct db *db, struct publishing *publishing, bool *found, struct error *err)
{
    struct parcel *parcel = publishing->parcel;
    const struct publish_request *request = publishing->request;
    const struct principal *who = publishing->actor->who;
    const struct db_value organisation = db_integer(parcel->organisation->id);
    const struct blob_rows blobs = blob_rows(publishing);
    struct proof *account, *proof;
    struct member *member;
    struct made *package;
    struct standing *standing;
    struct list held;
    const struct db_step steps[] = {
        { .query = QUERY(account_lock, db_integer(who->account_id)),
          .record = &proof_record,
          .out = (void **)&account },
        { .query = who->token_id ? QUERY(token_hold, db_text(who->token_id))
                                 : QUERY(session_hold, db_integer(who->session_id)),
          .record = &proof_record,
          .out = (void **)&proof },
        { .query = QUERY(membership_hold, organisation, db_integer(who->account_id)),
          .record = &member_record,
          .out = (void **)&member },
        { .query = QUERY(package_add, organisation, db_text(request->name),
                         db_text(request->visibility ? request->visibility : "public")),
          .record = &made_record,
          .out = (void **)&package },
        { .query = QUERY(signing_key_hold, organisation), .record = &held_record, .all = &held },
        { .query =
              QUERY(version_same, organisation, db_text(request->name), db_text(parcel->sort_key)),
          .record = &standing_record,
          .out = (void **)&standing },
        { .query = QUERY(blob_add, db_texts(blobs.digests), db_texts(blobs.sizes)) },
    };
    if (!db_run_start(db, steps, COUNT(steps), err) ||
        !parcel_check(publishing->arena, parcel, err) ||
        !parcel_verify(publishing->registry, request, publishing->arena, parcel, err) ||
        !db_run_wait(db, publishing->arena, err) ||
        !publisher_check(publishing, account, proof, member, err) ||
        !package_check(publishing, package, err) || !key_check(&held, parcel->key_id, err))
        return false;
    publishing->package = package->id;
    if (!standing_check(publishing, standing, found, err))
        return false;
    if (*found)
        blobs_leave(publishing, standing);
    return true;
}

/*
 * The version and what hangs on it; while the database does that, the blobs get their names. The
 * audit event comes last: its lock is everyone's.
 */
static bool rows_add(struct db *db, const struct publishing *publishing, const char *id,
                     struct error *err)
{
    const struct parcel *parcel = publishing->parcel;
    const struct file_rows files = file_rows(publishing);
    const struct db_step version[] = {
        { .query = QUERY(
              version_add, db_integer(publishing->package), db_integer(parcel->organisation->id),
              db_text(publishing->request->version), db_text(parcel->sort_key),
              db_bool(*parcel->version.pre != '\0'), db_text(parcel->manifest),
              db_text(parcel->permissions), db_text(parcel->readme), db_text(parcel->index.sha256),
              db_text(parcel->index.tar_sha256), db_text(publishing->bundle_digest),
              db_text(parcel->binds ? "pack" : "files"), db_text(parcel->key_id),
              db_integer(publishing->actor->who->account_id), db_text(id), db_texts(files.paths),
              db_texts(files.digests), db_texts(files.modes), db_text(parcel->profiles)) },
    };
    const struct db_step last[] = {
        { .query = QUERY(package_refresh, db_integer(publishing->package)) },
        { .query = audit_row(publishing) },
    };
    if (!db_run_start(db, version, COUNT(version), err) ||
        !blob_batch_commit(publishing->batch, err))
        return false;
    crash_point("publish.durable");
    return db_run_last(db, last, COUNT(last), err);
}

/* Every row of a version, in the transaction that db_transact opened. */
static bool rows_write(struct db *db, void *context, struct error *err)
{
    struct publishing *publishing = context;
    char id[UUID_TEXT];
    bool found;
    if (!rows_begin(db, publishing, &found, err))
        return false;
    crash_point("publish.begun");
    if (found) {
        db_undo(db);
        return true;
    }
    random_uuid(id);
    return rows_add(db, publishing, id, err) &&
           result_fill(publishing, arena_strndup(publishing->arena, id, sizeof(id) - 1),
                       publishing->parcel->index.sha256, true);
}

/* Begins to write them. */
static bool blobs_start(struct publishing *publishing, struct error *err)
{
    const struct parcel *parcel = publishing->parcel;
    const struct pack_bytes *bundle = &publishing->request->bundle;
    struct blob_batch *batch = publishing->batch;
    if (!blob_batch_put(batch, parcel->archive.data, parcel->archive.len, parcel->index.sha256,
                        err) ||
        !blob_batch_add(batch, bundle->data, bundle->len, publishing->bundle_digest, err))
        return false;
    for (size_t i = 0; i < parcel->index.files.count; i++) {
        const struct pack_file *file = &parcel->files[i];
        if (!blob_batch_put(batch, file->bytes, file->size, file->sha256, err))
            return false;
    }
    blob_batch_start(batch);
    crash_point("publish.blobs");
    return true;
}

/*
 * What came is written although the version is there, where its own blobs are not what they were:
 * nothing of the version changes by that. Whoever keeps the old bytes is told.
 */
static bool blobs_mend(struct publishing *publishing, struct error *err)
{
    struct publish_result *result = publishing->out;
    if (!result->created && !blob_batch_commit(publishing->batch, err))
        return false;
    struct blob_written written = blob_batch_written(publishing->batch);
    size_t mended = result->created ? written.replaced : written.named;
    result->mended = mended > 0;
    if (!result->mended)
        return true;
    log_warn("blobs.mended", KV("count", (int64_t)mended), KV("namespace", result->namespace),
             KV("name", result->name), KV("version", result->version));
    return db_execute(publishing->registry->db, QUERY(blob_mended), NULL, err);
}

static bool visibility_check(const char *visibility, struct error *err)
{
    if (!visibility || strcmp(visibility, "public") == 0 || strcmp(visibility, "private") == 0)
        return true;
    error_set(err, INVALID, "no visibility is called \"%s\"", visibility);
    error_hint(err, "public or private");
    return error_field(err, "visibility");
}

/*
 * The namespace's organisation and its keys, for someone who may publish there, and what came,
 * unpacked while the database looks for them. Who may not publish is told that alone.
 */
static bool parcel_take(struct registry *registry, const struct publish_request *request,
                        const struct principal *who, struct arena *arena, struct parcel *parcel,
                        struct error *err)
{
    struct db *db = registry->db;
    struct error unreadable;
    const struct db_step steps[] = {
        { .query = QUERY(organisation_find, db_text(request->namespace),
                         db_id(who ? who->account_id : 0)),
          .record = &organisation_record,
          .out = (void **)&parcel->organisation },
        { .query = QUERY(signing_key_all, db_text(request->namespace)),
          .record = &signing_key_record,
          .all = &parcel->keys },
    };
    if (!db_run_start(db, steps, COUNT(steps), err))
        return false;
    bool ok = visibility_check(request->visibility, &unreadable) &&
              parcel_read(registry, request, arena, parcel, &unreadable);
    if (!db_run_wait(db, arena, err) ||
        !access_organisation_check(parcel->organisation, request->namespace, who, ROLE_PUBLISHER,
                                   err))
        return false;
    if (!ok)
        *err = unreadable;
    return ok;
}

bool version_publish(struct registry *registry, const struct publish_request *request,
                     const struct actor *actor, struct arena *arena, struct publish_result *out,
                     struct error *err)
{
    struct parcel parcel = { 0 };
    CLEANUP(blob_batch_closep) struct blob_batch *batch = NULL;
    if (!parcel_take(registry, request, actor->who, arena, &parcel, err) ||
        !blob_batch_open(registry->blobs, &batch, err))
        return false;

    struct publishing publishing = { .registry = registry,
                                     .request = request,
                                     .actor = actor,
                                     .parcel = &parcel,
                                     .batch = batch,
                                     .arena = arena,
                                     .out = out };
    if (!blobs_start(&publishing, err) ||
        !db_transact(registry->db, DB_READ_COMMITTED, rows_write, &publishing, err))
        return false;
    crash_point("publish.committed");
    return blobs_mend(&publishing, err);
}
