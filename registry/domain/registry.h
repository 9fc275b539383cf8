/* What every handler and rule acts on: the registry's ports to the outside, passed and never
 * global. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct db;
struct blob_store;
struct downloads;
struct archive_memory;

/* The same for all workers; lent for their life. */
struct registry_settings {
    const char *name;     /* shown to people: "nono registry" */
    const char *base_url; /* "http://127.0.0.1:8080", no slash at the end; for links and cookies */
    size_t archive_bytes_max;  /* compressed; 0: LIMIT_PACK_ARCHIVE_BYTES */
    size_t unpacked_bytes_max; /* 0: LIMIT_PACK_UNPACKED_BYTES */
    size_t entries_max;        /* 0: LIMIT_PACK_ENTRIES */
    /* Refuse the original's statements, which bind neither name nor version. */
    bool require_binding;
};

/* One for each worker thread: the database connection is its own, the rest is shared. */
struct registry {
    struct db *db;
    struct blob_store *blobs;
    struct downloads
        *downloads; /* counts until they are written (downloads.h); NULL: not counted */
    const struct registry_settings *settings;
    struct archive_memory *memory; /* for the archives that are published; or NULL */
};
