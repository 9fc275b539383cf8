#include "sandbox/audit/log_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/base/mem.h"
#include "lib/base/text.h"
#include "sandbox/audit/audit.h"
#include "sandbox/audit/log.h"

DEFINE_CLEANUP(DIR *, closedir)

static bool is_id(const char *text)
{
    return strlen(text) == AUDIT_ID_TEXT - 1 &&
           strspn(text, "0123456789abcdef") == AUDIT_ID_TEXT - 1;
}

/* *out_fd is -1 when nothing was ever recorded. */
static bool folder_open(const char *state, int *out_fd, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *path = path_join(arena, state, "audit");
    struct error fault;
    *out_fd = -1;
    if (dir_open(path, out_fd, &fault) || fault.kind == ERROR_NOT_FOUND)
        return true;
    *err = fault;
    return false;
}

bool audit_file_open(const char *state, const char *id, int *out_fd, struct error *err)
{
    if (!is_id(id))
        return error_set(err, INVALID, "\"%.32s\" is no id of a run", id);
    CLEANUP(closep) int folder = -1;
    if (!folder_open(state, &folder, err))
        return false;
    struct stat st;
    struct error fault;
    CLEANUP(closep) int fd = -1;
    char name[AUDIT_NAME_TEXT];
    audit_name(id, name);
    if (folder < 0 || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return error_set(err, NOT_FOUND, "there is no record of a run %s", id);
    if (!file_open_beneath(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &fd, &fault))
        return error_set(err, UNTRUSTED, "the record cannot be opened: %.300s", fault.message);
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        return error_set(err, UNTRUSTED, "the record is not a file");
    *out_fd = STEAL_FD(fd);
    return true;
}

static int newest_first(const void *a, const void *b)
{
    return strcmp(*(const char *const *)b, *(const char *const *)a);
}

/* ID.jsonl, and nothing else: the original keeps its runs in the same folder, as folders. */
static bool is_record(const char *name)
{
    size_t len = AUDIT_ID_TEXT - 1;
    return strlen(name) == len + strlen(AUDIT_SUFFIX) && strspn(name, "0123456789abcdef") == len &&
           strcmp(name + len, AUDIT_SUFFIX) == 0;
}

bool audit_ids(const char *state, struct arena *arena, struct list *out, struct error *err)
{
    int folder;
    if (!folder_open(state, &folder, err))
        return false;
    *out = (struct list){ 0 };
    if (folder < 0)
        return true;
    CLEANUP(closedirp) DIR *stream = fdopendir(folder);
    if (!stream) {
        (void)close(folder);
        return error_set_errno(err, "list the audit folder");
    }
    CLEANUP(freep) const char **ids = NULL;
    size_t count = 0, room = 0;
    for (struct dirent *entry; (entry = readdir(stream));) { /* NOLINT(concurrency-mt-unsafe) */
        if (!is_record(entry->d_name))
            continue;
        if (count == room)
            ids = xreallocarray(ids, room = room ? 2 * room : 64, sizeof(*ids));
        ids[count++] = arena_strndup(arena, entry->d_name, AUDIT_ID_TEXT - 1);
    }
    if (count == 0)
        return true;
    qsort(ids, count, sizeof(*ids), newest_first);
    out->items = ARENA_ARRAY(arena, const char *, count);
    out->count = count;
    memcpy(out->items, ids, count * sizeof(*ids));
    return true;
}

bool audit_find(const char *state, const char *id, struct arena *arena, const char **out,
                struct error *err)
{
    struct list ids;
    if (!audit_ids(state, arena, &ids, err))
        return false;
    const char *found = NULL;
    LIST_FOREACH (ids, const char *, at) {
        if (id && !text_starts(*at, id))
            continue;
        if (found) {
            error_set(err, CONFLICT, "\"%.32s\" is the beginning of several runs", id);
            return error_hint(err, "for example %s and %s", found, *at);
        }
        found = *at;
        if (!id)
            break;
    }
    if (!found && !id)
        return error_set(err, NOT_FOUND, "no run was recorded yet");
    if (!found)
        return error_set(err, NOT_FOUND, "there is no record of a run \"%.32s\"", id);
    *out = found;
    return true;
}
