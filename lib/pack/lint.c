#include "lib/pack/lint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pack/folder.h"
#include "lib/pack/lint_parts.h"
#include "lib/pack/names.h"

static const char *const severity_names[] = { "error", "warning", NULL };
static const struct field finding_fields[] = {
    ENUM(struct finding, severity, severity_names, REQUIRED),
    TEXT(struct finding, file, REQUIRED),
    U64(struct finding, line, OPTIONAL),
    TEXT(struct finding, message, REQUIRED),
    TEXT(struct finding, hint, OPTIONAL),
};
const struct record finding_record = RECORD(struct finding, "finding", finding_fields);

static const struct field report_fields[] = {
    U64(struct lint_report, errors, REQUIRED),
    U64(struct lint_report, warnings, REQUIRED),
    LIST(struct lint_report, findings, &finding_record, REQUIRED),
};
const struct record lint_report_record = RECORD(struct lint_report, "lint report", report_fields);

static struct finding *finding_new(struct linter *linter)
{
    if (linter->findings.count == linter->room) {
        size_t room = linter->room ? 2 * linter->room : 16;
        struct finding *more = ARENA_ARRAY(linter->arena, struct finding, room);
        if (linter->findings.count)
            memcpy(more, linter->findings.items, linter->findings.count * sizeof(*more));
        linter->findings.items = more;
        linter->room = room;
    }
    return LIST_AT(linter->findings, struct finding, linter->findings.count++);
}

void lint_add(struct linter *linter, enum lint_severity severity, const char *file, uint64_t line,
              const char *hint, const char *format, ...)
{
    char message[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    struct arena *arena = linter->arena;
    *finding_new(linter) =
        (struct finding){ .severity = (int)severity,
                          .file = text_escape(file, arena),
                          .line = line,
                          .message = text_escape(message, arena),
                          .hint = hint && *hint ? text_escape(hint, arena) : NULL };
}

void lint_failure(struct linter *linter, enum lint_severity severity, const char *file,
                  const struct error *err)
{
    const char *message = err->message;
    unsigned long line = 0;
    size_t len = strlen(file);
    if (text_starts(message, file) && message[len] == ':') {
        char *end;
        errno = 0;
        line = strtoul(message + len + 1, &end, 10);
        size_t column = line ? 1 + strspn(end + 1, "0123456789") : 0;
        message = line && !errno && end[0] == ':' && end[column] == ':' ? end + column + 1
                                                                        : message + len + 1;
        message += strspn(message, " ");
    }
    lint_add(linter, severity, file, line, err->hint, "%s", message);
}

static int file_order(const void *a, const void *b)
{
    return strcmp(((const struct pack_file *)a)->path, ((const struct pack_file *)b)->path);
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const struct pack_file *lint_file(const struct linter *linter, const char *path)
{
    const struct pack_file key = { .path = path };
    if (!linter->files.count)
        return NULL;
    return bsearch(&key, linter->files.items, linter->files.count, sizeof(key), file_order);
}

/* lint_file looks among sorted files. */
static void files_sort(struct linter *linter)
{
    if (linter->files.count)
        qsort(linter->files.items, linter->files.count, sizeof(struct pack_file), file_order);
}

static int finding_order(const void *a, const void *b)
{
    const struct finding *left = a, *right = b;
    if (left->severity != right->severity)
        return left->severity - right->severity;
    int order = strcmp(left->file, right->file);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static void report(struct linter *linter, struct lint_report *out)
{
    *out = (struct lint_report){ .findings = linter->findings };
    if (linter->findings.count)
        qsort(linter->findings.items, linter->findings.count, sizeof(struct finding),
              finding_order);
    LIST_FOREACH (linter->findings, struct finding, finding)
        *(finding->severity == LINT_ERROR ? &out->errors : &out->warnings) += 1;
}

/* Sizes, and names that are one on another file system. */
static void files_check(struct linter *linter)
{
    struct names *names = names_new(linter->arena);
    struct error err;
    uint64_t total = 0;
    if (linter->files.count > LIMIT_PACK_ENTRIES)
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, 0, NULL, "the pack has over %d files",
                 LIMIT_PACK_ENTRIES);
    LIST_FOREACH (linter->files, struct pack_file, file) {
        total += file->size;
        if (file->size > LIMIT_ARTIFACT_BYTES)
            lint_add(linter, LINT_ERROR, file->path, 0, NULL, "the file has over %zu bytes",
                     LIMIT_ARTIFACT_BYTES);
        if (!pack_path_check(file->path, &err) || !names_add(names, file->path, &err))
            lint_failure(linter, LINT_ERROR, file->path, &err);
    }
    if (total > LIMIT_PACK_UNPACKED_BYTES)
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, 0, NULL,
                 "the pack's files have over %zu bytes together", LIMIT_PACK_UNPACKED_BYTES);
}

static bool manifest_read(struct linter *linter, const struct pack_file *package)
{
    struct error err;
    if (manifest_parse(package->bytes, package->size, PACK_MANIFEST, linter->arena,
                       &linter->manifest, &err))
        return true;
    lint_failure(linter, LINT_ERROR, PACK_MANIFEST, &err);
    return false;
}

static void checks_run(struct linter *linter)
{
    files_check(linter);
    lint_manifest(linter);
    lint_contents(linter);
}

/* The line of the manifest that names a path. */
static uint64_t path_line(const struct manifest *manifest, const char *path)
{
    static const char *const keys[] = { "path", "source", "patch", "patch_entries", "content" };
    static const char *const lists[] = { "artifacts", "wiring" };
    for (size_t i = 0; i < COUNT(lists); i++) {
        const struct doc *list = doc_find(manifest->doc, lists[i]);
        if (!list || list->kind != DOC_LIST)
            continue;
        DOC_FOREACH (list, item)
            for (size_t j = 0; j < COUNT(keys); j++) {
                const char *text = doc_text(item, keys[j]);
                if (text && strcmp(text, path) == 0)
                    return doc_find(item, keys[j])->line;
            }
    }
    return 0;
}

static void file_add(struct linter *linter, int dir, const char *path, bool required)
{
    struct error err;
    struct pack_file file;
    if (pack_file_read(dir, path, LIMIT_ARTIFACT_BYTES, linter->arena, &file, &err)) {
        *LIST_AT(linter->files, struct pack_file, linter->files.count) = file;
        linter->files.count++;
        return;
    }
    if (!required && err.kind == ERROR_NOT_FOUND)
        return;
    uint64_t line = path_line(&linter->manifest, path);
    if (err.kind == ERROR_NOT_FOUND)
        lint_add(linter, LINT_ERROR, PACK_MANIFEST, line, NULL, "%s is not there", path);
    else
        lint_failure(linter, LINT_ERROR, path, &err);
}

/* The files that the manifest names, and those that need no naming. */
static void folder_read(struct linter *linter, int dir)
{
    static const char *const optional[] = { PACK_README, PACK_LICENSE };
    struct list paths;
    manifest_paths(&linter->manifest, linter->arena, &paths);
    linter->files.items =
        ARENA_ARRAY(linter->arena, struct pack_file, paths.count + COUNT(optional));
    LIST_FOREACH (paths, const char *, path)
        file_add(linter, dir, *path, true);
    for (size_t i = 0; i < COUNT(optional); i++) {
        if (!lint_file(linter, optional[i])) {
            file_add(linter, dir, optional[i], false);
            files_sort(linter);
        }
    }
}

bool lint_folder(int dir, struct arena *arena, struct lint_report *out, struct error *err)
{
    struct linter linter = { .arena = arena };
    struct pack_file package;
    if (!pack_file_read(dir, PACK_MANIFEST, LIMIT_MANIFEST_BYTES, arena, &package, err)) {
        if (err->kind != ERROR_NOT_FOUND)
            return false;
        lint_add(&linter, LINT_ERROR, PACK_MANIFEST, 0, "nono pack init makes one",
                 "there is no manifest");
    } else if (manifest_read(&linter, &package)) {
        folder_read(&linter, dir);
        checks_run(&linter);
    }
    report(&linter, out);
    return true;
}

/* What an archive's reader would say of the set of files. */
static void set_check(struct linter *linter)
{
    struct list paths;
    manifest_paths(&linter->manifest, linter->arena, &paths);
    LIST_FOREACH (paths, const char *, path)
        if (!lint_file(linter, *path))
            lint_add(linter, LINT_ERROR, PACK_MANIFEST, path_line(&linter->manifest, *path), NULL,
                     "%s is not there", *path);
    LIST_FOREACH (linter->files, struct pack_file, file) {
        if (!manifest_allows(file->path) &&
            !bsearch(&file->path, paths.items, paths.count, sizeof(char *), text_order))
            lint_add(linter, LINT_ERROR, file->path, 0, NULL, "the manifest does not name it");
    }
}

void lint_files(const struct pack_file *files, size_t count, struct arena *arena,
                struct lint_report *out)
{
    struct pack_file *copy = ARENA_ARRAY(arena, struct pack_file, count);
    memcpy(copy, files, count * sizeof(*copy));
    struct linter linter = { .arena = arena, .files = { copy, count } };
    files_sort(&linter);
    const struct pack_file *package = lint_file(&linter, PACK_MANIFEST);
    if (!package)
        lint_add(&linter, LINT_ERROR, PACK_MANIFEST, 0, NULL, "there is no manifest");
    else if (manifest_read(&linter, package)) {
        set_check(&linter);
        checks_run(&linter);
    }
    report(&linter, out);
}

bool lint_require(const struct lint_report *report, struct error *err)
{
    if (report->errors == 0)
        return true;
    const struct finding *first = report->findings.items;
    if (first->line)
        error_set(err, INVALID, "%s:%ju: %s", first->file, (uintmax_t)first->line, first->message);
    else
        error_set(err, INVALID, "%s: %s", first->file, first->message);
    error_field(err, "%.90s", first->file);
    return first->hint ? error_hint(err, "%s", first->hint) : false;
}
