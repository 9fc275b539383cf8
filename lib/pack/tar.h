/*
 * The one tar of a set of files, by libarchive: pax, regular files, no owners, no times.
 *
 * Names outside ASCII are written as the bytes they are (pax hdrcharset=BINARY), because libarchive
 * would otherwise convert them by the locale; then every entry says so.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct tar_writer;

/* Takes the tar as it is made; a false return ends the writing with that failure. */
struct tar_output {
    void *context;
    bool (*bytes)(void *context, const void *bytes, size_t len, struct error *err);
};

bool tar_writer_new(bool binary_names, const struct tar_output *output, struct tar_writer **out,
                    struct error *err) MUST_CHECK;
void tar_writer_free(struct tar_writer *writer);
DEFINE_CLEANUP(struct tar_writer *, tar_writer_free)

/* Begins a file; exactly size bytes follow. */
bool tar_writer_file(struct tar_writer *writer, const char *path, bool executable, uint64_t size,
                     struct error *err) MUST_CHECK;
bool tar_writer_bytes(struct tar_writer *writer, const void *bytes, size_t len, struct error *err)
    MUST_CHECK;
bool tar_writer_end(struct tar_writer *writer, struct error *err) MUST_CHECK;
/* How much has been put out: behind tar_writer_file, where the file's bytes begin. */
uint64_t tar_writer_size(const struct tar_writer *writer);

/* Whether a path needs binary names, and whether a tar that begins so has them. */
bool tar_name_is_binary(const char *path);
bool tar_is_binary(const void *begin, size_t len);
