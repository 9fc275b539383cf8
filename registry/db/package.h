/*
 * Packages, versions and their files in the database. viewer is the account that asks, or 0 for
 * nobody: what it may not see is not there.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "lib/base/record.h"
#include "registry/db/organisation.h"

struct db;

enum visibility { VISIBILITY_PUBLIC, VISIBILITY_PRIVATE };
extern const char *const visibility_names[]; /* NULL-terminated */

struct package {
    int64_t id, organisation_id;
    const char *namespace, *name;
    int visibility;             /* enum visibility */
    const char *latest_version; /* "" when every version is yanked */
    int role;                   /* enum role: of the viewer */
};

struct version {
    const char *id; /* uuid */
    int64_t package_id, organisation_id;
    const char *namespace, *name, *version;
    int visibility;
    const char *archive_digest, *tar_digest, *bundle_digest;
    uint64_t archive_size;
    bool yanked;
    const char *yank_reason; /* "" when not yanked */
    int role;
};

struct file {
    const char *path, *digest;
    uint64_t size_bytes;
    int64_t mode;
};

struct blob {
    const char *digest;
    uint64_t size_bytes;
    bool public;        /* some public pack holds it */
    bool archive;       /* it is the archive of a version */
    const char *holder; /* "ns/name" of a public pack, or "" */
};

/* *out is NULL when there is none, or none that viewer may see. */
bool package_find(struct db *db, const char *const ref[2], int64_t viewer, struct arena *arena,
                  struct package **out, struct error *err) MUST_CHECK;
/* ref: namespace, name, version; version "latest" is the highest, a yanked one only when all are.
 */
bool version_find(struct db *db, const char *const ref[3], int64_t viewer, struct arena *arena,
                  struct version **out, struct error *err) MUST_CHECK;
bool version_find_file(struct db *db, const struct version *version, const char *path,
                       struct arena *arena, struct file **out, struct error *err) MUST_CHECK;
bool blob_find(struct db *db, const char *digest, int64_t viewer, struct arena *arena,
               struct blob **out, struct error *err) MUST_CHECK;
