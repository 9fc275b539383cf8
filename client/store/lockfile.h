/*
 * packages/lockfile.json: what is installed, in the original's shape (version 4) with our keys
 * beside it; docs/formats/lockfile.md has both. Entries that are not changed are written back as
 * they were read, and keys that we do not know are kept.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

#define LOCKFILE_VERSION   4
#define LIMIT_LOCK_BYTES   (16 * (size_t)1024 * 1024)
#define LOCK_ARTIFACTS_MAX 10000

struct lock_artifact {
    const char *path; /* in the pack's folder, relative, no dot segments */
    const char *sha256;
    const char *type; /* profile, plugin, ... */
};

/* Who signed. For a key: signer_identity is "key:" and its id, workflow and git_ref are empty. */
struct lock_provenance {
    const char *signer_identity;
    const char *repository;
    const char *workflow;
    const char *git_ref; /* "ref" in the file */
    uint64_t rekor_log_index;
    const char *signed_at; /* RFC 3339, or NULL */
};

struct lock_pack {
    const char *key; /* "namespace/name" */
    const char *namespace, *name;
    const char *version;
    int64_t installed_at; /* microseconds since the epoch; 0 when it cannot be read */
    bool pinned;
    const struct lock_provenance *provenance; /* NULL when there is none */
    struct list artifacts;                    /* of struct lock_artifact */
    const struct doc *wiring_record;          /* a list, or NULL */

    /* Ours. NULL when the original's client installed the pack. */
    const char *registry;        /* the URL it came from */
    const char *archive_digest;  /* "sha256:..." */
    const char *manifest_sha256; /* of package.json, which the original does not lock */

    const struct doc *entry; /* as it was read; NULL for a new one */
};

struct lockfile {
    const char *registry; /* of the last pull, or NULL */
    struct list packs;    /* of struct lock_pack, by key */
    const struct doc *doc;
};

/* A namespace or a name: 1 to 64 of [A-Za-z0-9._-], the first a letter or a digit. */
bool lock_name_is_valid(const char *name, size_t len);
/* A relative path of plain segments: no "", ".", "..", backslash or control character. */
bool lock_path_is_valid(const char *path);

/*
 * Reads the text of a lock file; empty text is an empty lock file. Fails on another kind of
 * document, a version after 4, and any key or path that could leave the pack's folder.
 */
bool lockfile_parse(const char *text, size_t len, struct arena *arena, struct lockfile *out,
                    struct error *err) MUST_CHECK;

/* The document to write: packs as they were read, but for changed (NULL: none), which replaces the
 * entry of its key, and removed (NULL: none), a key whose entry is left out. */
struct lock_change {
    const struct lock_pack *changed;
    const char *removed;
    const char *registry; /* the new top-level registry, or NULL to keep it */
};
const char *lockfile_print(const struct lockfile *lockfile, const struct lock_change *change,
                           struct arena *arena);

/* NULL when the pack is not installed. */
const struct lock_pack *lockfile_find(const struct lockfile *lockfile, const char *namespace,
                                      const char *name);
const struct lock_artifact *lock_artifact_find(const struct lock_pack *pack, const char *path);
