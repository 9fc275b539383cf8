#include "registry/domain/fsck.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "registry/blob/blob.h"
#include "registry/db/db.h"
#include "registry/domain/parcel.h"

struct check {
    struct registry *registry;
    fsck_tell *tell;
    void *context;
    struct fsck_report *report;
};

static void tell_fault(const struct check *check, const char *subject, const char *text)
{
    check->report->faults++;
    check->tell(check->context, &(struct fsck_finding){ FSCK_FAULT, subject, text });
}

struct version_row {
    int64_t number;
    const char *id, *namespace, *name, *version;
    const char *archive_digest, *tar_digest, *bundle_digest;
    const char *files;
};

static const struct field version_row_fields[] = {
    I64(struct version_row, number, REQUIRED),
    TEXT(struct version_row, id, REQUIRED),
    TEXT(struct version_row, namespace, REQUIRED),
    TEXT(struct version_row, name, REQUIRED),
    TEXT(struct version_row, version, REQUIRED),
    TEXT(struct version_row, archive_digest, REQUIRED),
    TEXT(struct version_row, tar_digest, REQUIRED),
    TEXT(struct version_row, bundle_digest, REQUIRED),
    TEXT(struct version_row, files, REQUIRED),
};
static const struct record version_row_record =
    RECORD(struct version_row, "version", version_row_fields);

struct file_row {
    const char *path, *digest;
    uint64_t size;
    int64_t mode;
};

static const struct field file_row_fields[] = {
    TEXT(struct file_row, path, REQUIRED),
    TEXT(struct file_row, digest, REQUIRED),
    U64(struct file_row, size, REQUIRED),
    I64(struct file_row, mode, REQUIRED),
};
static const struct record file_row_record = RECORD(struct file_row, "file", file_row_fields);

static void files_compare(const struct check *check, const char *subject,
                          const struct pack_index *index, const struct doc *files,
                          struct arena *arena)
{
    size_t matching = 0, rows = 0;
    DOC_FOREACH (files, item) {
        struct file_row row;
        struct error err;
        rows++;
        if (!record_decode(item, &file_row_record, arena, &row, &err))
            continue;
        const struct pack_file *file = pack_index_find(index, row.path);
        if (file && strcmp(file->sha256, row.digest) == 0 && file->size == row.size &&
            (file->executable ? 0755 : 0644) == row.mode)
            matching++;
        else
            tell_fault(check, subject,
                       arena_printf(arena, "the file %s is not that of its archive", row.path));
    }
    if (rows != index->files.count || matching != rows)
        tell_fault(check, subject, "its files are not those of its archive");
}

/* What was accepted is read again, whatever is asked of new versions meanwhile. */
static struct registry_settings lenient(const struct registry_settings *settings)
{
    struct registry_settings now = *settings;
    now.require_binding = false;
    if (now.archive_bytes_max < LIMIT_PACK_ARCHIVE_BYTES)
        now.archive_bytes_max = LIMIT_PACK_ARCHIVE_BYTES;
    if (now.unpacked_bytes_max < LIMIT_PACK_UNPACKED_BYTES)
        now.unpacked_bytes_max = LIMIT_PACK_UNPACKED_BYTES;
    if (now.entries_max < LIMIT_PACK_ENTRIES)
        now.entries_max = LIMIT_PACK_ENTRIES;
    return now;
}

/* Every key that the organisation ever had: one that was revoked has signed all the same. */
static bool keys_take(const struct check *check, const char *organisation, struct arena *arena,
                      struct list *out, struct error *err)
{
    if (!db_fetch_all(check->registry->db, QUERY(signing_key_all, db_text(organisation)),
                      &signing_key_record, arena, out, err))
        return false;
    LIST_FOREACH (*out, struct signing_key, key)
        key->revoked = false;
    return true;
}

/* The archive and the bundle as a publish that brings them; false when that is none. */
static bool parcel_take(const struct check *check, const struct version_row *row,
                        struct publish_request *request, struct arena *arena, struct parcel *parcel,
                        struct error *err)
{
    struct registry_settings settings = lenient(check->registry->settings);
    struct registry registry = *check->registry;
    const char *archive;
    registry.settings = &settings;
    *request = (struct publish_request){ .namespace = row->namespace,
                                         .name = row->name,
                                         .version = row->version };
    if (!blob_read(registry.blobs, row->archive_digest, settings.archive_bytes_max, arena, &archive,
                   &request->archive.len, err))
        return error_prefix(err, "archive");
    request->archive.data = archive;
    return (parcel_read(&registry, request, arena, parcel, err) &&
            parcel_describe(arena, parcel, err)) ||
           error_prefix(err, "archive");
}

/* Who signed what: key_id stays NULL when it cannot be told. */
static void signature_check(const struct check *check, const struct version_row *row,
                            struct publish_request *request, const char *subject,
                            struct arena *arena, struct parcel *parcel)
{
    struct registry_settings settings = lenient(check->registry->settings);
    struct registry registry = *check->registry;
    struct error err;
    const char *bundle;
    registry.settings = &settings;
    if (!blob_read(registry.blobs, row->bundle_digest, LIMIT_BUNDLE_BYTES, arena, &bundle,
                   &request->bundle.len, &err)) {
        tell_fault(check, subject, arena_printf(arena, "bundle: %s", err.message));
        return;
    }
    request->bundle.data = bundle;
    if (!parcel_verify(&registry, request, arena, parcel, &err))
        tell_fault(check, subject, arena_printf(arena, "bundle: %s", err.message));
}

struct fault_row {
    const char *fault;
};

static const struct field fault_row_fields[] = { TEXT(struct fault_row, fault, REQUIRED) };
static const struct record fault_row_record = RECORD(struct fault_row, "fault", fault_row_fields);

static bool rows_compare(const struct check *check, const struct version_row *row,
                         const char *subject, const struct parcel *parcel, struct arena *arena,
                         struct error *err)
{
    struct list faults;
    const char *statement = parcel->binds ? "pack" : "files";
    if (!db_fetch_all(check->registry->db,
                      QUERY(fsck_version_faults, db_text(row->id), db_text(parcel->sort_key),
                            db_bool(*parcel->version.pre != '\0'), db_text(parcel->manifest),
                            db_text(parcel->permissions), db_text(parcel->readme),
                            db_text(parcel->profiles), db_text(parcel->key_id ? statement : NULL),
                            db_text(parcel->key_id)),
                      &fault_row_record, arena, &faults, err))
        return false;
    LIST_FOREACH (faults, struct fault_row, fault)
        tell_fault(check, subject, fault->fault);
    return true;
}

/* Reads archive and bundle as a publish does, and compares all that the rows say of them. */
static bool version_check(const struct check *check, const struct version_row *row,
                          const char *subject, struct arena *arena, struct error *err)
{
    struct publish_request request;
    struct parcel parcel = { 0 };
    struct doc *files;
    struct error fault;
    if (!keys_take(check, row->namespace, arena, &parcel.keys, err))
        return false;
    if (!parcel_take(check, row, &request, arena, &parcel, &fault)) {
        tell_fault(check, subject, fault.message);
        return true;
    }
    if (strcmp(parcel.index.sha256, row->archive_digest) != 0)
        tell_fault(check, subject, "its archive has another digest");
    if (strcmp(parcel.index.tar_sha256, row->tar_digest) != 0)
        tell_fault(check, subject, "its tar is not the one that was published");
    if (!json_parse(row->files, strlen(row->files), NULL, JSON_PLAIN, arena, &files, &fault))
        tell_fault(check, subject, "its files cannot be listed");
    else
        files_compare(check, subject, &parcel.index, files, arena);
    signature_check(check, row, &request, subject, arena, &parcel);
    return rows_compare(check, row, subject, &parcel, arena, err);
}

static bool versions_check(struct check *check, struct error *err)
{
    for (int64_t number = 0;;) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct version_row *row;
        if (!db_fetch(check->registry->db, QUERY(fsck_version_next, db_integer(number)),
                      &version_row_record, arena, (void **)&row, err))
            return false;
        if (!row)
            return true;
        number = row->number;
        check->report->versions++;
        if (!version_check(check, row,
                           arena_printf(arena, "%s/%s@%s", row->namespace, row->name, row->version),
                           arena, err))
            return false;
    }
}

struct blob_row {
    const char *digest;
    uint64_t size_bytes;
};

static const struct field blob_row_fields[] = {
    TEXT(struct blob_row, digest, REQUIRED),
    U64(struct blob_row, size_bytes, REQUIRED),
};
static const struct record blob_row_record = RECORD(struct blob_row, "blob", blob_row_fields);

/* Says what is wrong with a blob, or NULL. */
static const char *blob_fault(const struct check *check, const struct blob_row *row,
                              struct arena *arena)
{
    struct error err;
    int fd = -1;
    uint64_t size = 0;
    if (!blob_open(check->registry->blobs, row->digest, &fd, &size, &err))
        return arena_printf(arena, "%s", err.message);
    (void)close(fd);
    if (size != row->size_bytes)
        return arena_printf(arena, "has %" PRIu64 " bytes instead of %" PRIu64, size,
                            row->size_bytes);
    return blob_verify(check->registry->blobs, row->digest, &err)
               ? NULL
               : arena_printf(arena, "%s", err.message);
}

/* Whose it is says what has to be published again. */
static bool blob_check(const struct check *check, const struct blob_row *row, struct arena *arena,
                       struct error *err)
{
    const char *refs, *fault = blob_fault(check, row, arena);
    if (!fault)
        return true;
    if (!db_fetch_json(check->registry->db, QUERY(fsck_blob_versions, db_text(row->digest)), arena,
                       &refs, NULL, err))
        return false;
    check->report->damaged++;
    tell_fault(check, row->digest,
               refs ? arena_printf(arena, "%s; it is of %s", fault, refs) : fault);
    return true;
}

static bool blobs_check(struct check *check, struct error *err)
{
    char last[SHA256_TEXT] = "";
    for (;;) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct blob_row *row;
        if (!db_fetch(check->registry->db, QUERY(fsck_blob_next, db_text(last)), &blob_row_record,
                      arena, (void **)&row, err))
            return false;
        if (!row)
            return true;
        check->report->blobs++;
        if (!blob_check(check, row, arena, err))
            return false;
        memcpy(last, row->digest, sizeof(last));
    }
}

bool fsck_blob_wanted(void *context, const char *digest, bool *out, struct error *err)
{
    const struct registry *registry = context;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *found;
    if (!db_fetch_json(registry->db, QUERY(fsck_blob_known, db_text(digest)), arena, &found, NULL,
                       err))
        return false;
    *out = found && strcmp(found, "t") == 0;
    return true;
}

static bool orphan_check(void *context, const char *digest, uint64_t size, struct error *err)
{
    const struct check *check = context;
    bool wanted;
    (void)size;
    if (!fsck_blob_wanted(check->registry, digest, &wanted, err))
        return false;
    if (!wanted) {
        check->report->orphans++;
        check->tell(check->context, &(struct fsck_finding){ FSCK_ORPHAN, digest,
                                                            "no version refers to this blob" });
    }
    return true;
}

struct rows_row {
    const char *subject, *fault;
};

static const struct field rows_row_fields[] = {
    TEXT(struct rows_row, subject, REQUIRED),
    TEXT(struct rows_row, fault, REQUIRED),
};
static const struct record rows_row_record = RECORD(struct rows_row, "fault", rows_row_fields);

static bool rows_check(struct check *check, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct list rows;
    if (!db_fetch_all(check->registry->db, QUERY(fsck_rows), &rows_row_record, arena, &rows, err))
        return false;
    LIST_FOREACH (rows, struct rows_row, row)
        tell_fault(check, row->subject, row->fault);
    return true;
}

struct audit_row {
    uint64_t events;
    int64_t first_bad;
};

static const struct field audit_row_fields[] = {
    U64(struct audit_row, events, REQUIRED),
    I64(struct audit_row, first_bad, REQUIRED),
};
static const struct record audit_row_record = RECORD(struct audit_row, "audit", audit_row_fields);

static bool audit_check(struct check *check, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct audit_row *row;
    if (!db_fetch(check->registry->db, QUERY(audit_verify), &audit_row_record, arena, (void **)&row,
                  err))
        return false;
    if (!row)
        return true;
    check->report->audit_events = row->events;
    if (row->first_bad)
        tell_fault(check, "audit",
                   arena_printf(arena, "event %" PRId64 " does not follow from the one before it",
                                row->first_bad));
    return true;
}

bool fsck_run(struct registry *registry, fsck_tell *tell, void *context, struct fsck_report *out,
              struct error *err)
{
    struct fsck_report report = { 0 };
    struct check check = { registry, tell, context, &report };
    if (!versions_check(&check, err) || !blobs_check(&check, err) || !rows_check(&check, err) ||
        !audit_check(&check, err) || !blob_each(registry->blobs, orphan_check, &check, err))
        return false;
    *out = report;
    return true;
}
