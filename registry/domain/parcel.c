#include "registry/domain/parcel.h"

#include <string.h>

#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/pack/lint.h"
#include "lib/pack/ref.h"

static struct pack_limits limits_of(const struct registry_settings *settings)
{
    struct pack_limits limits = pack_limits_default;
    if (settings->archive_bytes_max)
        limits.archive_bytes = settings->archive_bytes_max;
    if (settings->unpacked_bytes_max)
        limits.unpacked_bytes = settings->unpacked_bytes_max;
    if (settings->entries_max)
        limits.entries = settings->entries_max;
    return limits;
}

static bool archive_take(struct registry *registry, const struct publish_request *request,
                         const struct pack_limits *limits, struct arena *arena,
                         struct parcel *parcel, struct error *err)
{
    struct archive_source source = { .bytes = request->archive.data,
                                     .len = request->archive.len,
                                     .memory = registry->memory };
    struct archive_expect expect = { .name = request->name,
                                     .version = request->version,
                                     .limits = limits };
    if (!archive_read_files(&source, &expect, arena, &parcel->index, &parcel->files, err)) {
        if (!*err->field)
            error_field(err, "archive");
        return false;
    }
    parcel->archive = request->archive;
    return true;
}

static int file_order(const void *a, const void *b)
{
    return strcmp(((const struct pack_file *)a)->path, ((const struct pack_file *)b)->path);
}

/* The original's form: loose files without modes. The archive is the one that anyone would make. */
static bool files_take(const struct publish_request *request, const struct pack_limits *limits,
                       struct arena *arena, struct parcel *parcel, struct error *err)
{
    size_t count = request->file_count;
    struct pack_file *files = ARENA_ARRAY(arena, struct pack_file, count);
    for (size_t i = 0; i < count; i++) {
        files[i] = request->files[i];
        files[i].executable = pack_path_is_program(files[i].path);
    }
    qsort(files, count, sizeof(*files), file_order);
    if (!archive_from_files(files, count, limits, arena, &parcel->archive, &parcel->index, err)) {
        if (!*err->field)
            error_field(err, "artifact");
        return false;
    }
    for (size_t i = 0; i < count; i++) /* one index entry a file, in the same order */
        memcpy(files[i].sha256, LIST_AT(parcel->index.files, struct pack_file, i)->sha256,
               sizeof(files[i].sha256));
    parcel->files = files;
    return true;
}

static bool manifest_agrees(const struct publish_request *request, const struct parcel *parcel,
                            struct error *err)
{
    const struct manifest *manifest = &parcel->index.manifest;
    if (!manifest->version || strcmp(manifest->version, request->version) != 0) {
        error_set(err, INVALID, "package.json says version %s, the request says %s",
                  manifest->version ? manifest->version : "nothing", request->version);
        return error_field(err, "version");
    }
    if (strcmp(manifest->name, request->name) != 0) {
        error_set(err, INVALID, "package.json is named %s, the request says %s", manifest->name,
                  request->name);
        return error_field(err, "name");
    }
    return true;
}

static bool lint_pass(const struct parcel *parcel, struct arena *arena, struct error *err)
{
    struct lint_report report;
    lint_files(parcel->files, parcel->index.files.count, arena, &report);
    if (!lint_require(&report, err)) {
        if (!*err->hint)
            error_hint(err, "nono pack lint says all that is wrong");
        return *err->field ? false : error_field(err, "archive");
    }
    return true;
}

static const char *profile_names(const struct manifest *manifest, struct arena *arena)
{
    struct doc *names = doc_new(arena, DOC_LIST);
    LIST_FOREACH (manifest->artifacts, struct artifact, artifact) {
        if (artifact->type != ARTIFACT_PROFILE)
            continue;
        doc_add_text(arena, names, NULL, artifact->install_as);
        LIST_FOREACH (artifact->aliases, const char *, alias)
            doc_add_text(arena, names, NULL, *alias);
    }
    return json_print(names, JSON_COMPACT_KEPT, arena);
}

/* PostgreSQL keeps text without NUL in UTF-8; a README that is another is not shown. */
static const char *readme_of(const struct parcel *parcel, struct arena *arena)
{
    for (size_t i = 0; i < parcel->index.files.count; i++) {
        const struct pack_file *file = &parcel->files[i];
        if (strcmp(file->path, PACK_README) != 0)
            continue;
        return lint_readme_is_shown(file) ? arena_strndup(arena, file->bytes, file->size) : NULL;
    }
    return NULL;
}

bool parcel_read(struct registry *registry, const struct publish_request *request,
                 struct arena *arena, struct parcel *parcel, struct error *err)
{
    struct pack_limits limits = limits_of(registry->settings);
    if (!pack_name_check(request->name, "name", err))
        return error_field(err, "name");
    if (!semver_parse(request->version, &parcel->version, err))
        return error_field(err, "version");
    semver_key(&parcel->version, parcel->sort_key);

    return (request->archive.data ? archive_take(registry, request, &limits, arena, parcel, err)
                                  : files_take(request, &limits, arena, parcel, err)) &&
           manifest_agrees(request, parcel, err);
}

bool parcel_check(struct arena *arena, struct parcel *parcel, struct error *err)
{
    return lint_pass(parcel, arena, err) && parcel_describe(arena, parcel, err);
}

bool parcel_describe(struct arena *arena, struct parcel *parcel, struct error *err)
{
    const struct manifest *manifest = &parcel->index.manifest;
    parcel->manifest = json_print(manifest->doc, JSON_COMPACT_KEPT, arena);
    parcel->profiles = profile_names(manifest, arena);
    parcel->readme = readme_of(parcel, arena);
    return parcel_permissions(parcel, arena, &parcel->permissions, err);
}
