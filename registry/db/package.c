#include "registry/db/package.h"

#include "registry/db/db.h"
#include "registry/db/id.h"

const char *const visibility_names[] = { "public", "private", NULL };

static const struct field package_fields[] = {
    I64(struct package, id, REQUIRED),
    I64(struct package, organisation_id, REQUIRED),
    TEXT(struct package, namespace, REQUIRED),
    TEXT(struct package, name, REQUIRED),
    ENUM(struct package, visibility, visibility_names, REQUIRED),
    TEXT(struct package, latest_version, REQUIRED),
    ENUM(struct package, role, role_names, REQUIRED),
};
static const struct record package_record = RECORD(struct package, "package", package_fields);

static const struct field version_fields[] = {
    TEXT(struct version, id, REQUIRED),
    I64(struct version, package_id, REQUIRED),
    I64(struct version, organisation_id, REQUIRED),
    TEXT(struct version, namespace, REQUIRED),
    TEXT(struct version, name, REQUIRED),
    TEXT(struct version, version, REQUIRED),
    ENUM(struct version, visibility, visibility_names, REQUIRED),
    TEXT(struct version, archive_digest, REQUIRED),
    TEXT(struct version, tar_digest, REQUIRED),
    TEXT(struct version, bundle_digest, REQUIRED),
    U64(struct version, archive_size, REQUIRED),
    BOOL(struct version, yanked, REQUIRED),
    TEXT(struct version, yank_reason, REQUIRED),
    ENUM(struct version, role, role_names, REQUIRED),
};
static const struct record version_record = RECORD(struct version, "version", version_fields);

static const struct field file_fields[] = {
    TEXT(struct file, path, REQUIRED),
    TEXT(struct file, digest, REQUIRED),
    U64(struct file, size_bytes, REQUIRED),
    I64(struct file, mode, REQUIRED),
};
static const struct record file_record = RECORD(struct file, "file", file_fields);

static const struct field blob_fields[] = {
    TEXT(struct blob, digest, REQUIRED), U64(struct blob, size_bytes, REQUIRED),
    BOOL(struct blob, public, REQUIRED), BOOL(struct blob, archive, REQUIRED),
    TEXT(struct blob, holder, REQUIRED),
};
static const struct record blob_record = RECORD(struct blob, "blob", blob_fields);

bool package_find(struct db *db, const char *const ref[2], int64_t viewer, struct arena *arena,
                  struct package **out, struct error *err)
{
    return db_fetch(db, QUERY(package_find, db_text(ref[0]), db_text(ref[1]), db_id(viewer)),
                    &package_record, arena, (void **)out, err);
}

bool version_find(struct db *db, const char *const ref[3], int64_t viewer, struct arena *arena,
                  struct version **out, struct error *err)
{
    return db_fetch(
        db, QUERY(version_find, db_text(ref[0]), db_text(ref[1]), db_text(ref[2]), db_id(viewer)),
        &version_record, arena, (void **)out, err);
}

bool version_find_file(struct db *db, const struct version *version, const char *path,
                       struct arena *arena, struct file **out, struct error *err)
{
    return db_fetch(db, QUERY(file_find, db_text(version->id), db_text(path)), &file_record, arena,
                    (void **)out, err);
}

bool blob_find(struct db *db, const char *digest, int64_t viewer, struct arena *arena,
               struct blob **out, struct error *err)
{
    return db_fetch(db, QUERY(blob_find, db_text(digest), db_id(viewer)), &blob_record, arena,
                    (void **)out, err);
}
