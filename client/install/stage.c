#include "client/install/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/random.h"
#include "lib/json/json.h"

/* Where files of an archive go in an installed pack. */
struct layout {
    const struct manifest *manifest;
    struct arena *arena;
    int dir; /* of the staged pack */
    int fd;  /* of the file that is being written, or -1 */
};

/* NULL when the file is not installed (README.md that no artifact names). */
static const char *installed_path(const struct layout *layout, const char *path)
{
    if (strcmp(path, PACK_MANIFEST) == 0)
        return PACK_MANIFEST;
    LIST_FOREACH (layout->manifest->artifacts, const struct artifact, artifact)
        if (strcmp(artifact->path, path) == 0)
            return artifact_installed_path(artifact, layout->arena);
    return NULL;
}

static bool file_create(int dir, const char *path, mode_t mode, struct arena *arena, int *out_fd,
                        struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_strndup(arena, path, (size_t)(slash - path)) : NULL;
    if (folder && !dir_make_beneath(dir, folder, 0755, err))
        return false;
    if (!file_open_beneath(dir, path, O_WRONLY | O_CREAT | O_EXCL, 0600, out_fd, err))
        return false;
    return fchmod(*out_fd, mode) == 0 || error_set_errno(err, "chmod %s", path);
}

static bool layout_begin(void *context, const struct pack_file *file, struct error *err)
{
    struct layout *layout = context;
    const char *path = installed_path(layout, file->path);
    return !path || file_create(layout->dir, path, file->executable ? 0755 : 0644, layout->arena,
                                &layout->fd, err);
}

static bool layout_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    const struct layout *layout = context;
    return layout->fd < 0 || file_write_all(layout->fd, bytes, len, err);
}

static bool layout_end(void *context, const struct pack_file *file, struct error *err)
{
    (void)file;
    struct layout *layout = context;
    bool ok = layout->fd < 0 || file_sync(layout->fd, err);
    closep(&layout->fd);
    layout->fd = -1;
    crash_point("stage.file");
    return ok;
}

#define TRUST_BUNDLE_MAX LIMIT_ARTIFACT_BYTES

/* The original's form: the version's one bundle, once for each artifact. That is the square of a
 * pack's size: for one of very many files the list is empty, and the original does not run it. */
static const char *trust_bundle(const struct install_pack *pack, struct arena *arena)
{
    struct doc *list = doc_new(arena, DOC_LIST), *bundle = NULL;
    struct error ignored;
    size_t count = pack->index->manifest.artifacts.count;
    if (count && pack->bundle_len > TRUST_BUNDLE_MAX / count)
        return "[]\n";
    if (!json_parse(pack->bundle, pack->bundle_len, NULL, JSON_PLAIN, arena, &bundle, &ignored))
        return "[]\n";
    LIST_FOREACH (pack->index->manifest.artifacts, const struct artifact, artifact) {
        const struct pack_file *file = pack_index_find(pack->index, artifact->path);
        struct doc *entry = doc_add_table(arena, list, NULL);
        doc_add_text(arena, entry, "artifact", artifact->path);
        doc_add_text(arena, entry, "installed_path", artifact_installed_path(artifact, arena));
        doc_add_text(arena, entry, "digest", file ? file->sha256 : "");
        doc_insert(arena, entry, "bundle", doc_copy(arena, bundle));
    }
    return arena_printf(arena, "%s\n", json_print(list, JSON_COMPACT_KEPT, arena));
}

bool stage_pack(int packages, const struct install_pack *pack, struct arena *arena,
                const char **out_path, struct error *err)
{
    char tag[17];
    random_hex(tag, 16);
    const char *path = arena_printf(arena, ".staging/%s/%s/%s", pack->namespace, tag, pack->name);
    struct layout layout = { .manifest = &pack->index->manifest, .arena = arena, .fd = -1 };
    CLEANUP(closep) int dir = -1;
    if (!tree_remove(packages, ".staging", err) || !dir_make_beneath(packages, path, 0755, err) ||
        !file_open_beneath(packages, path, O_RDONLY | O_DIRECTORY, 0, &dir, err))
        return error_prefix(err, "stage");
    layout.dir = dir;
    const struct archive_sink sink = { &layout, layout_begin, layout_bytes, layout_end };
    bool ok = archive_stream(pack->source, pack->index, &sink, err);
    closep(&layout.fd);
    if (!ok)
        return error_prefix(err, "stage");
    const char *bundle = trust_bundle(pack, arena);
    if (!file_replace(dir, PACK_TRUST_BUNDLE, bundle, strlen(bundle), 0644, err))
        return error_prefix(err, "stage");
    *out_path = path;
    return true;
}

/* Keeps the bytes of the files that wiring reads. */
struct keeper {
    const struct manifest *manifest;
    struct arena *arena;
    struct wiring_source *sources;
    size_t count;
    char *at; /* where the file's next bytes go; NULL: it is not kept */
};

static bool is_source(const struct manifest *manifest, const char *path)
{
    LIST_FOREACH (manifest->wiring, const struct directive, directive) {
        const char *source = directive_source(directive);
        if (source && strcmp(source, path) == 0)
            return true;
    }
    return false;
}

static bool keeper_begin(void *context, const struct pack_file *file, struct error *err)
{
    (void)err; /* the index bounds sizes */
    struct keeper *keeper = context;
    keeper->at = NULL;
    if (!is_source(keeper->manifest, file->path))
        return true;
    keeper->at = arena_alloc(keeper->arena, (size_t)file->size + 1, 1);
    keeper->sources[keeper->count++] = (struct wiring_source){
        .path = file->path,
        .bytes = keeper->at,
        .len = (size_t)file->size,
        .executable = file->executable,
    };
    return true;
}

static bool keeper_bytes(void *context, const void *bytes, size_t len, struct error *err)
{
    (void)err;
    struct keeper *keeper = context;
    if (keeper->at) {
        memcpy(keeper->at, bytes, len);
        keeper->at += len;
    }
    return true;
}

bool stage_sources(const struct install_pack *pack, struct arena *arena, struct wiring_source **out,
                   size_t *out_count, struct error *err)
{
    struct keeper keeper = { .manifest = &pack->index->manifest, .arena = arena };
    keeper.sources = ARENA_ARRAY(arena, struct wiring_source, pack->index->files.count + 1);
    const struct archive_sink sink = { &keeper, keeper_begin, keeper_bytes, NULL };
    if (pack->index->manifest.wiring.count &&
        !archive_stream(pack->source, pack->index, &sink, err))
        return false;
    *out = keeper.sources;
    *out_count = keeper.count;
    return true;
}
