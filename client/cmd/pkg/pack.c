#include "client/cmd/pkg/pack.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/pkg/commands.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"
#include "lib/base/text.h"

static const struct command *const verbs[] = {
    &pack_init, &pack_lint, &pack_build, &pack_inspect, &pack_sign, &pack_check, NULL,
};

const struct command command_pack = {
    .name = "pack",
    .summary = "make packs, and look into them",
    .verbs = verbs,
};

bool pack_one_operand(const char **operands, const char *otherwise, const char **out,
                      struct error *err)
{
    if (*operands && operands[1])
        return error_set(err, INVALID, "one at a time: \"%.64s\" is too much", operands[1]);
    *out = *operands ? *operands : otherwise;
    return *out || error_set(err, INVALID, "say which archive");
}

bool pack_folder_open(const char *path, int *out_fd, struct error *err)
{
    if (dir_open(path, out_fd, err))
        return true;
    return err->sys == ENOTDIR ? error_set(err, INVALID, "%s is not a folder", path) : false;
}

static bool file_load(const char *path, struct arena *arena, struct pack_built *out,
                      struct error *err)
{
    const char *bytes;
    size_t len;
    static const struct archive_expect anything;
    if (!file_read_path(path, LIMIT_PACK_ARCHIVE_BYTES, arena, &bytes, &len, err))
        return false;
    out->archive = (struct pack_bytes){ bytes, len };
    struct archive_source source = { .bytes = bytes, .len = len, .fd = -1 };
    return archive_read_index(&source, &anything, arena, &out->index, err) ||
           error_prefix(err, "%s", path);
}

bool pack_load(const char *path, struct arena *arena, struct pack_built *out, struct error *err)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return error_set_errno(err, "%s", path);
    if (!S_ISDIR(st.st_mode))
        return file_load(path, arena, out, err);
    CLEANUP(closep) int dir = -1;
    if (dir_open(path, &dir, err) &&
        archive_from_folder(dir, NULL, arena, &out->archive, &out->index, err))
        return true;
    error_prefix(err, "%s", path);
    bool begun = err->kind != ERROR_NOT_FOUND || err->hint[0];
    return begun ? false : error_hint(err, "nono pack init begins a pack");
}

struct trust_subject pack_subject(const struct pack_index *index, const char *namespace,
                                  struct arena *arena)
{
    struct subject *subjects = ARENA_ARRAY(arena, struct subject, index->files.count);
    size_t count = 0;
    LIST_FOREACH (index->files, const struct pack_file, file)
        subjects[count++] = (struct subject){ file->path, file->sha256 };
    return (struct trust_subject){ .namespace = namespace,
                                   .name = index->manifest.name,
                                   .version = index->manifest.version,
                                   .archive_sha256 = index->sha256,
                                   .tar_sha256 = index->tar_sha256,
                                   .files = { subjects, count } };
}

/* What is open already is written to where it stands, whatever it is. -1: a path of something else.
 */
static int descriptor_of(const char *path)
{
    static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
    char *end;
    if (strcmp(path, "/dev/stdout") == 0 || strcmp(path, "/dev/stderr") == 0)
        return strcmp(path, "/dev/stdout") == 0 ? STDOUT_FILENO : STDERR_FILENO;
    for (size_t i = 0; i < COUNT(folders); i++) {
        const char *number = path + strlen(folders[i]);
        if (!text_starts(path, folders[i]) || !isdigit((unsigned char)*number))
            continue;
        long fd = strtol(number, &end, 10);
        return *end || fd > INT_MAX ? -1 : (int)fd;
    }
    return -1;
}

/* A device or a pipe takes the bytes as they are. */
static bool special_write(const char *path, const void *bytes, size_t len, struct error *err)
{
    int is_open = descriptor_of(path);
    CLEANUP(closep)
    int fd = is_open >= 0 ? fcntl(is_open, F_DUPFD_CLOEXEC, 0)
                          : open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, "%s", path);
    return file_write_all(fd, bytes, len, err) || error_prefix(err, "%s", path);
}

static bool file_write(const char *path, const void *bytes, size_t len, struct arena *arena,
                       struct error *err)
{
    const char *slash = strrchr(path, '/');
    const char *folder = slash ? arena_strndup(arena, path, (size_t)(slash - path) + 1) : ".";
    CLEANUP(closep) int dir = -1;
    return pack_folder_open(folder, &dir, err) &&
           file_replace(dir, slash ? slash + 1 : path, bytes, len, 0644, err);
}

bool pack_write_beside(const char *path, const void *bytes, size_t len, struct arena *arena,
                       struct error *err)
{
    struct stat st;
    if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        error_set(err, CONFLICT, "%s is there, and is no file", path);
        return error_hint(err, "nothing was written: remove it, or name a file with --output");
    }
    return file_write(path, bytes, len, arena, err);
}

bool pack_write(const char *path, const void *bytes, size_t len, struct arena *arena,
                struct error *err)
{
    struct stat st;
    char real[PATH_MAX];
    if (strcmp(path, "-") == 0)
        return error_set(err, INVALID, "\"-\" is no file: name one");
    bool exists = stat(path, &st) == 0;
    if (exists && S_ISDIR(st.st_mode))
        return error_set(err, INVALID, "%s is a folder: name a file", path);
    if (exists && (!S_ISREG(st.st_mode) || descriptor_of(path) >= 0))
        return special_write(path, bytes, len, err);
    if (exists && !realpath(path, real))
        return error_set_errno(err, "%s", path);
    return file_write(exists ? real : path, bytes, len, arena, err);
}
