/* USES lib/pack lib/base */
/*
 * The files of a pack, path and contents in turn, with a NUL behind each. Lint says of every fault
 * one line that can be printed, counts them right, and a pack that it finds sound is an archive.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/pack/archive.h"
#include "lib/pack/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 32

static size_t files_split(const char *text, size_t len, struct pack_file *files)
{
    size_t count = 0;
    for (size_t at = 0; at < len && count < FILES_MAX; count++) {
        const char *path = text + at, *bytes;
        at += strlen(path) + 1;
        bytes = at <= len ? text + at : "";
        size_t bytes_len = strlen(bytes);
        at += bytes_len + 1;
        files[count] = (struct pack_file){
            .path = path, .bytes = bytes, .size = bytes_len, .executable = text_starts(bytes, "#!")
        };
    }
    return count;
}

static bool are_distinct(const struct pack_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(files[i].path, files[j].path) == 0)
                return false; /* whoever made the list would have said so */
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 16384)
        return 0;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct pack_file files[FILES_MAX];
    const char *text = arena_strndup(arena, (const char *)data, size);
    size_t count = files_split(text, size, files);
    if (!are_distinct(files, count))
        return 0;
    struct lint_report report;
    lint_files(files, count, arena, &report);
    uint64_t errors = 0;
    LIST_FOREACH (report.findings, const struct finding, finding) {
        errors += finding->severity == LINT_ERROR;
        assert(text_is_printable(finding->message) && text_is_printable(finding->file));
    }
    assert(errors == report.errors && errors + report.warnings == report.findings.count);
    if (errors)
        return 0;
    struct pack_bytes bytes;
    struct pack_index index;
    struct error err;
    bool made = archive_from_files(files, count, NULL, arena, &bytes, &index, &err);
    assert(made);
    return 0;
}
