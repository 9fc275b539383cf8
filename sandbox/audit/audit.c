#include "sandbox/audit/audit.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/crash.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "sandbox/audit/event.h"
#include "sandbox/audit/log_files.h"
#include "sandbox/audit/redact.h"

struct audit {
    int folder; /* of all records */
    int fd;
    char id[AUDIT_ID_TEXT];
    bool closed; /* the last event is written, or the file cannot be brought back in order */
    off_t len;   /* of whole lines */
    off_t room; /* of the file, from audit_reserve until it is given back: zeros behind the lines */
    uint64_t lost;    /* events that could not be written */
    uint64_t refused; /* connections */
    int64_t started_us;
    struct audit_chain chain;
};

/* Eleven digits of milliseconds since the epoch (until the year 2527) and five of chance. */
static void id_make(char out[AUDIT_ID_TEXT])
{
    char chance[7];
    random_hex(chance, 6);
    (void)snprintf(out, AUDIT_ID_TEXT, "%011llx%.5s",
                   (unsigned long long)(clock_now_us() / 1000) & 0xfffffffffffULL, chance);
}

/* STATE/audit, which must be ours alone: what others may write proves nothing. */
static bool folder_open(const char *state, int *out_fd, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *path = path_join(arena, state, "audit");
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        if (!dir_make_path(path, 0700, err))
            return false;
        fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0)
        return error_set_errno(err, "open %s", path);
    if (st.st_uid != geteuid() || st.st_mode & 022) {
        error_set(err, UNTRUSTED, "%s can be written by others", path);
        return error_hint(err, "make it yours alone: chmod 700 %s", path);
    }
    *out_fd = STEAL_FD(fd);
    return true;
}

/* A file that nobody has made before. */
static bool record_make(struct audit *audit, char name[AUDIT_NAME_TEXT], struct error *err)
{
    struct error fault;
    do {
        id_make(audit->id);
        audit_name(audit->id, name);
        if (file_open_beneath(audit->folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600, &audit->fd,
                              &fault))
            return true;
    } while (fault.sys == EEXIST);
    *err = fault;
    return false;
}

bool audit_open(const char *state, struct audit **out, struct error *err)
{
    CLEANUP(audit_freep) struct audit *audit = xnew(struct audit);
    audit->fd = audit->folder = -1;
    audit_chain_init(&audit->chain);
    if (!folder_open(state, &audit->folder, err))
        return error_prefix(err, "audit");
    char name[AUDIT_NAME_TEXT];
    if (!record_make(audit, name, err))
        return error_prefix(err, "audit");
    if (flock(audit->fd, LOCK_EX | LOCK_NB) != 0)
        return error_set_errno(err, "audit: lock %s", name);
    *out = STEAL(audit);
    return true;
}

/* What was reserved and not used. A reader takes no notice of it, should this not get to the disk.
 */
static void room_give(struct audit *audit)
{
    if (audit->room > audit->len)
        (void)!ftruncate(audit->fd, audit->len);
    audit->room = 0;
}

void audit_free(struct audit *audit)
{
    if (!audit)
        return;
    room_give(audit);
    if (audit->fd >= 0 && audit->len == 0) {
        char name[AUDIT_NAME_TEXT];
        audit_name(audit->id, name);
        (void)unlinkat(audit->folder, name, 0);
    }
    closep(&audit->fd);
    closep(&audit->folder);
    free(audit);
}

uint64_t audit_lost(const struct audit *audit)
{
    return audit->lost;
}

const char *audit_id(const struct audit *audit)
{
    return audit->id;
}

/* Writes a line, or leaves the file as it was. */
static bool line_append(struct audit *audit, const char *line, struct error *err)
{
    size_t len = strlen(line);
    if (file_write_all(audit->fd, line, len, err)) {
        audit->len += (off_t)len;
        return true;
    }
    audit->room = 0;
    if (ftruncate(audit->fd, audit->len) != 0 || lseek(audit->fd, audit->len, SEEK_SET) < 0)
        audit->closed = true; /* half a line stays: nothing may follow it */
    return error_prefix(err, "audit %s", audit->id);
}

/* A program that is refused again and again may not fill the disk by it. The end always fits. */
static bool room_check(const struct audit *audit, const char *type, struct error *err)
{
    return (size_t)audit->len < LIMIT_AUDIT_RECORD_BYTES || strcmp(type, "end") == 0 ||
           error_set(err, TOO_LARGE, "audit %s: the record has %zu bytes", audit->id,
                     LIMIT_AUDIT_RECORD_BYTES);
}

static bool event_add(struct audit *audit, const char *type, const struct doc *data,
                      struct arena *arena, struct error *err)
{
    struct audit_line line;
    if (audit->closed)
        return error_set(err, CONFLICT, "audit %s: the record is closed", audit->id);
    crash_point("audit.event");
    if (!room_check(audit, type, err) ||
        !audit_line_print(&audit->chain, type, clock_now_us(), data, arena, &line, err) ||
        !line_append(audit, line.text, err)) {
        audit->lost++;
        return false;
    }
    audit_chain_advance(&audit->chain, line.hash);
    return true;
}

bool audit_event(struct audit *audit, const char *type, const struct doc *data, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    return event_add(audit, type, data, arena, err);
}

/* With a file that is new, ext4, XFS, Btrfs and F2FS put its name on the disk too. */
static bool record_sync(const struct audit *audit, struct error *err)
{
    return fdatasync(audit->fd) == 0 || error_set_errno(err, "audit %s: fdatasync", audit->id);
}

/* Of a start and an end: what is always in them; and of each byte of a word, which may be \u0000.
 */
#define RECORD_BYTES ((size_t)3 * KIB)
#define WORD_FACTOR  6

static size_t record_room(const struct audit_start *start)
{
    const char *const texts[] = { start->program, start->workdir, start->profile, start->name,
                                  start->snapshot };
    size_t words = 0;
    for (const char *const *word = start->command; word && *word; word++)
        words += strlen(*word);
    for (size_t i = 0; i < COUNT(texts); i++)
        words += texts[i] ? strlen(texts[i]) : 0;
    size_t room = RECORD_BYTES + WORD_FACTOR * words;
    return room < LIMIT_AUDIT_LINE_BYTES ? room : LIMIT_AUDIT_LINE_BYTES;
}

bool audit_reserve(struct audit *audit, const struct audit_start *start, struct error *err)
{
    struct rlimit limit;
    size_t room = record_room(start);
    bool small = getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < room;
    if (small)
        errno = EFBIG;
    if (!small && fallocate(audit->fd, 0, 0, (off_t)room) == 0) {
        audit->room = (off_t)room;
        return true;
    }
    if (!small && (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR))
        return true;
    return error_set_errno(err, "audit %s: no room for the record", audit->id);
}

bool audit_start(struct audit *audit, const struct audit_start *start, struct error *err)
{
    assert(audit->chain.count == 0);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *data = doc_new(arena, DOC_TABLE);
    size_t cut;
    doc_add_integer(arena, data, "format", AUDIT_FORMAT);
    doc_add_text(arena, data, "session", audit->id);
    doc_add_text(arena, data, "nono", NONO_VERSION);
    doc_insert(arena, data, "command", redact_command(start->command, arena, &cut));
    if (cut)
        doc_add_integer(arena, data, "command_cut", (int64_t)cut);
    doc_add_text(arena, data, "program", start->program);
    doc_add_text(arena, data, "workdir", start->workdir);
    doc_add_text(arena, data, "profile", start->profile);
    doc_add_text(arena, data, "name", start->name);
    doc_add_text(arena, data, "policy", start->policy);
    doc_add_text(arena, data, "snapshot", start->snapshot);
    doc_add_text(arena, data, "snapshot_root", start->snapshot_root);
    doc_add_integer(arena, data, "pid", start->pid);
    doc_add_integer(arena, data, "uid", geteuid());
    if (start->enforced)
        doc_insert(arena, data, "enforced", doc_copy(arena, start->enforced));
    audit->started_us = clock_monotonic_us();
    return event_add(audit, "start", data, arena, err) && record_sync(audit, err);
}

bool audit_refused(struct audit *audit, const char *operation, const char *target,
                   const char *reason, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *data = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, data, "operation", operation);
    doc_add_text(arena, data, "target", target);
    doc_add_text(arena, data, "reason", reason);
    return event_add(audit, "refused", data, arena, err);
}

bool audit_network(struct audit *audit, const struct audit_network *network, struct error *err)
{
    if (!network->allowed && audit->refused++ >= LIMIT_AUDIT_REFUSALS)
        return true;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *data = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, data, "id", (int64_t)network->id);
    doc_add_text(arena, data, "host", network->host);
    if (network->port)
        doc_add_integer(arena, data, "port", network->port);
    doc_add_text(arena, data, "address", network->address);
    doc_add_text(arena, data, "reason", network->reason);
    doc_add_bool(arena, data, "allowed", network->allowed);
    return event_add(audit, "network", data, arena, err);
}

bool audit_end(struct audit *audit, int status, int signal, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *data = doc_new(arena, DOC_TABLE);
    char root[SHA256_TEXT];
    audit_chain_root(&audit->chain, root);
    if (signal)
        doc_add_integer(arena, data, "signal", signal);
    else
        doc_add_integer(arena, data, "status", status);
    doc_add_integer(arena, data, "duration_us", clock_monotonic_us() - audit->started_us);
    doc_add_integer(arena, data, "events", (int64_t)audit->chain.count);
    doc_add_text(arena, data, "root", root);
    if (audit->lost)
        doc_add_integer(arena, data, "lost", (int64_t)audit->lost);
    if (audit->refused > LIMIT_AUDIT_REFUSALS)
        doc_add_integer(arena, data, "refused_more",
                        (int64_t)(audit->refused - LIMIT_AUDIT_REFUSALS));
    if (!event_add(audit, "end", data, arena, err))
        return false;
    audit->closed = true;
    crash_point("audit.end");
    bool on_disk = record_sync(audit, err);
    room_give(audit);
    return on_disk;
}
