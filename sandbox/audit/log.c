#include "sandbox/audit/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "sandbox/audit/audit.h"
#include "sandbox/audit/lines.h"
#include "sandbox/audit/log_files.h"

const char *audit_state_name(enum audit_state state)
{
    static const char *const names[] = {
        [AUDIT_CLOSED] = "closed",
        [AUDIT_RUNNING] = "running",
        [AUDIT_UNCLOSED] = "not closed",
        [AUDIT_BROKEN] = "broken",
    };
    return names[state];
}

/* A verification under way. */
struct check {
    const char *id;
    struct audit_chain chain;
    bool ended;
    audit_visit *visit;
    void *context;
};

/* UNSUPPORTED is for the caller; any other failure is the record's fault. */
static bool start_check(const struct check *check, const struct audit_event_line *event,
                        struct error *err)
{
    const struct doc *format = doc_find(event->data, "format");
    const char *session = doc_text(event->data, "session");
    if (strcmp(event->type, "start") != 0 || !format || format->kind != DOC_INTEGER || !session)
        return error_set(err, UNTRUSTED, "the first event is not a start");
    if (format->integer > AUDIT_FORMAT)
        return error_set(err, UNSUPPORTED, "the record is of format %lld; this version reads %d",
                         (long long)format->integer, AUDIT_FORMAT);
    if (strcmp(session, check->id) != 0)
        return error_set(err, UNTRUSTED, "the record is of another run, %.32s", session);
    return true;
}

static bool end_check(const struct audit_chain *before, const struct audit_event_line *event,
                      struct error *err)
{
    char expected[SHA256_TEXT];
    audit_chain_root(before, expected);
    const struct doc *events = doc_find(event->data, "events");
    const char *root = doc_text(event->data, "root");
    if (!events || events->kind != DOC_INTEGER || (uint64_t)events->integer != before->count)
        return error_set(err, UNTRUSTED, "the number of events is not that of the record");
    if (!root || strcmp(root, expected) != 0)
        return error_set(err, UNTRUSTED, "the root is not that of the events");
    return true;
}

static bool line_check(struct check *check, const struct line *line, struct arena *arena,
                       struct audit_event_line *event, struct error *err)
{
    if (check->ended)
        return error_set(err, UNTRUSTED, "stands behind the end of the record");
    struct audit_chain before = check->chain;
    if (!audit_line_parse(line->text, line->len, arena, event, err) ||
        !audit_chain_check(&check->chain, event, err))
        return false;
    bool ok = before.count > 0 || start_check(check, event, err);
    if (ok && strcmp(event->type, "end") == 0) {
        ok = end_check(&before, event, err);
        check->ended = ok;
    }
    if (!ok)
        check->chain = before;
    return ok;
}

static void fault_set(struct audit_report *report, uint64_t line, const char *fault)
{
    report->state = AUDIT_BROKEN;
    report->line = line;
    (void)snprintf(report->fault, sizeof(report->fault), "%s", fault);
}

/* What is left at the end without a newline: a writer that was killed, or is just writing. */
static void tail_judge(const struct check *check, const struct line *line, bool running,
                       struct audit_report *report)
{
    uint64_t number = check->chain.count + 1;
    if (check->ended)
        fault_set(report, number, "stands behind the end of the record");
    else if (line->len > LIMIT_AUDIT_LINE_BYTES)
        fault_set(report, number, "is longer than any event");
    else if (!running)
        (void)snprintf(report->fault, sizeof(report->fault), "the last line is cut short");
}

/* One line; *more says whether there is another. */
static bool step(struct check *check, struct lines *lines, bool running,
                 struct audit_report *report, bool *more, struct error *err)
{
    struct line line;
    if (!lines_next(lines, &line, err))
        return false;
    *more = line.text && line.whole;
    if (line.text && !line.whole)
        tail_judge(check, &line, running, report);
    if (!*more)
        return true;

    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct audit_event_line event;
    struct error fault;
    if (!line_check(check, &line, arena, &event, &fault)) {
        if (fault.kind == ERROR_UNSUPPORTED) {
            *err = fault;
            return false;
        }
        fault_set(report, check->chain.count + 1, fault.message);
        *more = false;
        return true;
    }
    return !check->visit || check->visit(&event, check->context, err);
}

/* Asked before the first line is read: who closes the record meanwhile is running for us. */
static bool is_running(int fd)
{
    if (flock(fd, LOCK_SH | LOCK_NB) != 0)
        return errno == EWOULDBLOCK;
    (void)flock(fd, LOCK_UN);
    return false;
}

bool audit_verify_fd(int fd, const char *id, audit_visit *visit, void *context,
                     struct audit_report *out, struct error *err)
{
    struct check check = { .id = id, .visit = visit, .context = context };
    audit_chain_init(&check.chain);
    bool running = is_running(fd);
    struct audit_report report = { .state = running ? AUDIT_RUNNING : AUDIT_UNCLOSED };

    CLEANUP(lines_clear) struct lines lines;
    lines_init(&lines, fd);
    for (bool more = true; more;)
        if (!step(&check, &lines, running, &report, &more, err))
            return error_prefix(err, "audit %s", id);

    if (check.ended && report.state != AUDIT_BROKEN)
        report.state = AUDIT_CLOSED;
    report.events = check.chain.count;
    memcpy(report.head, check.chain.head, sizeof(report.head));
    audit_chain_root(&check.chain, report.root);
    *out = report;
    return true;
}

bool audit_verify(const char *state, const char *id, audit_visit *visit, void *context,
                  struct audit_report *out, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    *out = (struct audit_report){ .state = AUDIT_UNCLOSED };
    if (audit_file_open(state, id, &fd, err))
        return audit_verify_fd(fd, id, visit, context, out, err);
    if (err->kind != ERROR_UNTRUSTED)
        return false;
    fault_set(out, 1, err->message);
    return true;
}

/* The last whole line within the last room bytes; *out is NULL when they hold no beginning of it.
 */
static bool tail_line(int fd, off_t size, size_t room, struct arena *arena, struct line *out,
                      struct error *err)
{
    off_t from = size > (off_t)room ? size - (off_t)room : 0;
    char *bytes = arena_alloc(arena, room, 1);
    ssize_t got = pread(fd, bytes, room, from);
    if (got < 0)
        return error_set_errno(err, "read");
    const char *end = memrchr(bytes, '\n', (size_t)got);
    const char *before = end ? memrchr(bytes, '\n', (size_t)(end - bytes)) : NULL;
    const char *start = before ? before + 1 : bytes;
    *out = (struct line){ .text = before || from == 0 ? start : NULL,
                          .len = end ? (size_t)(end - start) : 0,
                          .whole = end != NULL };
    return true;
}

/* Most lines are short: the file's last block is enough. A file that ends with room is no longer
 * than a line may be, and is read whole. */
static bool last_line(int fd, struct arena *arena, struct line *out, struct error *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return error_set_errno(err, "stat");
    if (!tail_line(fd, st.st_size, 4 * KIB, arena, out, err))
        return false;
    return out->text || tail_line(fd, st.st_size, LIMIT_AUDIT_LINE_BYTES + 2, arena, out, err);
}

static bool summary_fault(struct audit_summary *summary, const struct error *fault)
{
    summary->state = AUDIT_BROKEN;
    (void)snprintf(summary->fault, sizeof(summary->fault), "%s", fault->message);
    return true;
}

bool audit_summarise(const char *state, const char *id, struct arena *arena,
                     struct audit_summary *out, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    *out = (struct audit_summary){ .id = id, .state = AUDIT_UNCLOSED };
    if (!audit_file_open(state, id, &fd, err))
        return err->kind == ERROR_UNTRUSTED && summary_fault(out, err);
    out->state = is_running(fd) ? AUDIT_RUNNING : AUDIT_UNCLOSED;
    CLEANUP(lines_clear) struct lines lines;
    lines_init(&lines, fd);
    struct line first, last;
    if (!lines_next(&lines, &first, err) || !last_line(fd, arena, &last, err))
        return error_prefix(err, "audit %s", id);
    if (!first.text || !first.whole)
        return true;

    struct error fault;
    const struct check check = { .id = id };
    if (!audit_line_parse(first.text, first.len, arena, &out->start, &fault) ||
        !start_check(&check, &out->start, &fault) ||
        !audit_line_parse(last.text ? last.text : "", last.len, arena, &out->last, &fault))
        return summary_fault(out, &fault);
    if (strcmp(out->last.type, "end") == 0)
        out->state = AUDIT_CLOSED;
    return true;
}
