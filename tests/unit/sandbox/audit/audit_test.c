/* USES lib/json */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "sandbox/audit/audit.h"
#include "sandbox/audit/log.h"

static char folder[64];

static int folder_make(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/nono-audit-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int folder_remove(void **state)
{
    (void)state;
    struct error err;
    return tree_remove(AT_FDCWD, folder, &err) ? 0 : -1;
}

static const char *const command[] = { "curl", "--token", "s3cret-word", "http://h/", NULL };
static const struct audit_start start = { .command = command, .profile = "p", .pid = 7 };

/* A record of a start, a refusal and a network event, closed or not. */
static void record_make(bool closed, char id[AUDIT_ID_TEXT])
{
    CLEANUP(audit_freep) struct audit *audit = NULL;
    assert_ok(audit_open(folder, &audit, &err));
    memcpy(id, audit_id(audit), AUDIT_ID_TEXT);
    assert_ok(audit_start(audit, &start, &err));
    assert_ok(audit_refused(audit, "open", "/etc/shadow\xff", "not granted", &err));
    const struct audit_network network = { .host = "h", .port = 443, .allowed = true };
    assert_ok(audit_network(audit, &network, &err));
    if (closed) {
        assert_ok(audit_end(audit, 3, 0, &err));
    }
}

static const char *record_path(const char *id)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/audit/%s.jsonl", folder, id);
    return path;
}

static const char *record_text(const char *id, struct arena *arena)
{
    const char *text;
    size_t len;
    assert_ok(file_read_path(record_path(id), 1 << 20, arena, &text, &len, &err));
    return text;
}

static void record_replace(const char *id, const char *text, size_t len)
{
    int fd = open(record_path(id), O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_ok(file_write_all(fd, text, len, &err));
    close(fd);
}

static struct audit_report verified(const char *id)
{
    struct audit_report report;
    assert_ok(audit_verify(folder, id, NULL, NULL, &report, &err));
    return report;
}

static bool types_join(const struct audit_event_line *event, void *context, struct error *err)
{
    (void)err;
    char *types = context;
    strcat(types, event->type); /* NOLINT: room enough */
    strcat(types, " ");         /* NOLINT */
    return true;
}

static void closed_record_verifies_and_says_what_happened(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT], types[128] = "";
    record_make(true, id);
    struct audit_report report;
    assert_ok(audit_verify(folder, id, types_join, types, &report, &err));
    assert_int_equal(report.state, AUDIT_CLOSED);
    assert_int_equal(report.events, 4);
    assert_string_equal(types, "start refused network end ");

    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = record_text(id, arena);
    assert_null(strstr(text, "s3cret-word"));
    assert_non_null(strstr(text, "[REDACTED]"));
    assert_non_null(strstr(text, "/etc/shadow\\\\xff"));
    assert_non_null(strstr(text, "\"status\":3"));

    struct stat st;
    assert_int_equal(stat(record_path(id), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_record_can_be_open_closed_or_left(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT];
    record_make(false, id);
    assert_int_equal(verified(id).state, AUDIT_UNCLOSED);

    CLEANUP(audit_freep) struct audit *audit = NULL;
    assert_ok(audit_open(folder, &audit, &err));
    assert_int_equal(verified(audit_id(audit)).state, AUDIT_RUNNING);
    assert_ok(audit_start(audit, &start, &err));
    assert_int_equal(verified(audit_id(audit)).state, AUDIT_RUNNING);
    assert_ok(audit_end(audit, 0, SIGTERM, &err));
    assert_int_equal(verified(audit_id(audit)).state, AUDIT_CLOSED);
    assert_fails(audit_event(audit, "late", NULL, &err), CONFLICT);
}

static void a_record_without_an_event_does_not_stay(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct audit *audit = NULL;
    struct list ids;
    assert_ok(audit_open(folder, &audit, &err));
    audit_free(audit);
    assert_ok(audit_ids(folder, arena, &ids, &err));
    assert_int_equal(ids.count, 0);
}

static void every_changed_byte_breaks_the_record_at_its_line(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT];
    record_make(true, id);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = record_text(id, arena);
    size_t len = strlen(text);
    char *changed = arena_strndup(arena, text, len);
    uint64_t line = 1;
    for (size_t i = 0; i < len; i++) {
        changed[i] = (char)(text[i] ^ 1);
        record_replace(id, changed, len);
        struct audit_report report = verified(id);
        /* without its newline the last line is one that was cut short */
        if (i == len - 1)
            assert_int_equal(report.state, AUDIT_UNCLOSED);
        else if (report.state != AUDIT_BROKEN || report.line != line)
            fail_msg("byte %zu: state %d, line %d", i, report.state, (int)report.line);
        changed[i] = text[i];
        line += text[i] == '\n';
    }
    assert_int_equal(line, 5);
}

/* Where each line begins, and the end. */
static size_t starts_of(const char *text, const char *out[8])
{
    size_t count = 0;
    for (; *text; text = strchr(text, '\n') + 1)
        out[count++] = text;
    out[count] = text;
    return count;
}

static void lines_cannot_go_come_or_move(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT], other[AUDIT_ID_TEXT];
    record_make(true, id);
    record_make(true, other);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *at[8] = { 0 }, *text = record_text(id, arena);
    assert_int_equal(starts_of(text, at), 4);

    for (int i = 0; i < 3; i++) { /* one left out */
        const char *rest = arena_printf(arena, "%.*s%s", (int)(at[i] - text), text, at[i + 1]);
        record_replace(id, rest, strlen(rest));
        assert_int_equal(verified(id).state, AUDIT_BROKEN);
        assert_int_equal(verified(id).line, i + 1);
    }
    for (int i = 0; i < 4; i++) { /* one twice */
        const char *twice = arena_printf(arena, "%.*s%s", (int)(at[i + 1] - text), text, at[i]);
        record_replace(id, twice, strlen(twice));
        assert_int_equal(verified(id).line, i + 2);
    }
    record_replace(id, text, (size_t)(at[3] - text)); /* the end cut off: as after a kill */
    assert_int_equal(verified(id).state, AUDIT_UNCLOSED);
    record_replace(id, text, (size_t)(at[3] - text) + 9);
    assert_int_equal(verified(id).state, AUDIT_UNCLOSED);
    assert_string_equal(verified(id).fault, "the last line is cut short");
    record_replace(other, text, strlen(text)); /* another run's */
    assert_int_equal(verified(other).state, AUDIT_BROKEN);
    const char *more = arena_printf(arena, "%sx", text);
    record_replace(id, more, strlen(more));
    assert_string_equal(verified(id).fault, "stands behind the end of the record");
}

/* A record with the right hashes, of whatever events. */
static void record_forge(const char *id, const char *const *types, const struct doc *const *data)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct audit_chain chain;
    audit_chain_init(&chain);
    const char *all = "";
    for (; *types; types++, data++) {
        struct audit_line line;
        assert_ok(audit_line_print(&chain, *types, 0, *data, arena, &line, &err));
        audit_chain_advance(&chain, line.hash);
        all = arena_printf(arena, "%s%s", all, line.text);
    }
    record_replace(id, all, strlen(all));
}

static void a_right_chain_of_wrong_events_is_broken(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT];
    record_make(true, id);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *first = doc_new(arena, DOC_TABLE), *newer = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, first, "format", 1);
    doc_add_text(arena, first, "session", id);
    doc_add_integer(arena, newer, "format", 2);
    doc_add_text(arena, newer, "session", id);
    struct doc *last = doc_new(arena, DOC_TABLE);
    doc_add_integer(arena, last, "events", 1);
    doc_add_text(arena, last, "root", "0");

    record_forge(id, (const char *[]){ "start", NULL }, (const struct doc *[]){ first });
    assert_int_equal(verified(id).state, AUDIT_UNCLOSED);
    record_forge(id, (const char *[]){ "begin", NULL }, (const struct doc *[]){ first });
    assert_string_equal(verified(id).fault, "the first event is not a start");
    record_forge(id, (const char *[]){ "start", NULL }, (const struct doc *[]){ NULL });
    assert_string_equal(verified(id).fault, "the first event is not a start");
    record_forge(id, (const char *[]){ "start", "end", NULL },
                 (const struct doc *[]){ first, last });
    assert_string_equal(verified(id).fault, "the root is not that of the events");
    record_forge(id, (const char *[]){ "start", "end", NULL },
                 (const struct doc *[]){ first, first });
    assert_string_equal(verified(id).fault, "the number of events is not that of the record");

    struct audit_report report;
    record_forge(id, (const char *[]){ "start", NULL }, (const struct doc *[]){ newer });
    assert_fails(audit_verify(folder, id, NULL, NULL, &report, &err), UNSUPPORTED);
}

static void find_takes_a_beginning_and_the_newest(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char first[AUDIT_ID_TEXT], second[AUDIT_ID_TEXT];
    record_make(true, first);
    do {
        record_make(true, second);
    } while (strncmp(first, second, 11) == 0); /* the same millisecond */
    const char *id;
    assert_ok(audit_find(folder, NULL, arena, &id, &err));
    assert_string_equal(id, second);
    assert_ok(audit_find(folder, first, arena, &id, &err));
    assert_string_equal(id, first);
    assert_fails(audit_find(folder, "1", arena, &id, &err), CONFLICT);
    assert_fails(audit_find(folder, "x", arena, &id, &err), NOT_FOUND);

    struct audit_summary summary;
    assert_ok(audit_summarise(folder, second, arena, &summary, &err));
    assert_int_equal(summary.state, AUDIT_CLOSED);
    assert_string_equal(doc_text(summary.start.data, "profile"), "p");
    assert_string_equal(summary.last.type, "end");
    record_replace(second, "{}\n", 3);
    assert_ok(audit_summarise(folder, second, arena, &summary, &err));
    assert_int_equal(summary.state, AUDIT_BROKEN);
    record_replace(second, "", 0);
    assert_ok(audit_summarise(folder, second, arena, &summary, &err));
    assert_int_equal(summary.state, AUDIT_UNCLOSED);
}

static void absence_is_said_in_so_many_words(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct audit_report report;
    const char *id;
    char nowhere[80];
    snprintf(nowhere, sizeof(nowhere), "%s/none", folder);
    assert_fails(audit_find(nowhere, NULL, arena, &id, &err), NOT_FOUND);
    assert_fails(audit_verify(nowhere, "0000000000000000", NULL, NULL, &report, &err), NOT_FOUND);
    assert_fails(audit_verify(folder, "0000000000000000", NULL, NULL, &report, &err), NOT_FOUND);
    assert_fails(audit_verify(folder, "../../etc/passwd", NULL, NULL, &report, &err), INVALID);
}

/* One that has gone, as when nothing ran under it. */
static void a_record_that_has_gone_is_not_there(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char id[AUDIT_ID_TEXT];
    struct audit_summary summary;
    struct audit_report report;
    record_make(true, id);
    assert_int_equal(unlink(record_path(id)), 0);
    assert_fails(audit_verify(folder, id, NULL, NULL, &report, &err), NOT_FOUND);
    assert_fails(audit_summarise(folder, id, arena, &summary, &err), NOT_FOUND);
}

static void a_record_that_is_no_file_is_broken(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char id[AUDIT_ID_TEXT];
    for (int kind = 1; kind < 4; kind++) {
        record_make(true, id);
        const char *path = record_path(id);
        assert_int_equal(unlink(path), 0);
        assert_int_equal(kind == 1   ? symlink("/dev/null", path)
                         : kind == 2 ? mkfifo(path, 0600)
                                     : mkdir(path, 0700),
                         0);
        struct audit_summary summary;
        struct audit_report report = verified(id);
        assert_int_equal(report.state, AUDIT_BROKEN);
        assert_ok(audit_summarise(folder, id, arena, &summary, &err));
        assert_int_equal(summary.state, report.state);
        assert_true(report.fault[0]);
    }
}

static void refusals_without_end_are_counted_and_nothing_else_is(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(audit_freep) struct audit *audit = NULL;
    struct stat full, more;
    assert_ok(audit_open(folder, &audit, &err));
    assert_ok(audit_start(audit, &start, &err));
    struct audit_network network = { .host = "refused.example", .port = 443 };
    for (unsigned i = 0; i < LIMIT_AUDIT_REFUSALS; i++)
        assert_ok(audit_network(audit, &network, &err));
    assert_return_code(stat(record_path(audit_id(audit)), &full), errno);
    for (unsigned i = 0; i < 7; i++)
        assert_ok(audit_network(audit, &network, &err));
    assert_return_code(stat(record_path(audit_id(audit)), &more), errno);
    assert_int_equal(more.st_size, full.st_size);
    network = (struct audit_network){ .host = "allowed.example", .port = 443, .allowed = true };
    assert_ok(audit_network(audit, &network, &err));
    assert_ok(audit_end(audit, 0, 0, &err));
    const char *text;
    size_t len;
    assert_ok(file_read_path(record_path(audit_id(audit)), 64 * MIB, arena, &text, &len, &err));
    assert_non_null(strstr(text, "allowed.example"));
    assert_non_null(strstr(text, "\"refused_more\":7,"));
    assert_null(strstr(text, "\"lost\""));
}

static void a_record_ends_at_its_limit_and_has_its_end(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(audit_freep) struct audit *audit = NULL;
    assert_ok(audit_open(folder, &audit, &err));
    assert_ok(audit_start(audit, &start, &err));
    char *text = arena_alloc(arena, LIMIT_AUDIT_LINE_BYTES - 4 * KIB, 1);
    memset(text, 'x', LIMIT_AUDIT_LINE_BYTES - 4 * KIB - 1);
    struct doc *data = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, data, "text", text);
    size_t written = 0;
    struct error full;
    while (audit_event(audit, "long", data, &full))
        written += LIMIT_AUDIT_LINE_BYTES;
    assert_int_equal(full.kind, ERROR_TOO_LARGE);
    assert_true(written >= LIMIT_AUDIT_RECORD_BYTES);
    assert_ok(audit_end(audit, 0, 0, &err));
    assert_int_equal(audit_lost(audit), 1);
}

static void events_that_were_lost_are_counted_in_the_end(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(audit_freep) struct audit *audit = NULL;
    char *name = arena_alloc(arena, LIMIT_AUDIT_LINE_BYTES + 1, 1);
    memset(name, 'x', LIMIT_AUDIT_LINE_BYTES);
    assert_ok(audit_open(folder, &audit, &err));
    assert_ok(audit_start(audit, &start, &err));
    assert_fails(audit_refused(audit, "open", name, "not granted", &err), TOO_LARGE);
    assert_int_equal(audit_lost(audit), 1);
    assert_ok(audit_end(audit, 0, 0, &err));
    assert_non_null(strstr(record_text(audit_id(audit), arena), "\"lost\":1,"));
    assert_int_equal(verified(audit_id(audit)).state, AUDIT_CLOSED);
}

static void a_folder_that_others_may_write_is_refused(void **state)
{
    (void)state;
    char path[80], id[AUDIT_ID_TEXT];
    struct audit *audit = NULL;
    record_make(true, id);
    snprintf(path, sizeof(path), "%s/audit", folder);
    assert_int_equal(chmod(path, 0777), 0);
    assert_fails(audit_open(folder, &audit, &err), UNTRUSTED);
    assert_int_equal(chmod(path, 0700), 0);
    assert_int_equal(unlink(record_path(id)), 0);
    assert_int_equal(rmdir(path), 0); /* nothing was made in it meanwhile */
}

static void an_event_over_the_limit_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(audit_freep) struct audit *audit = NULL;
    assert_ok(audit_open(folder, &audit, &err));
    assert_ok(audit_start(audit, &start, &err));
    char *long_text = arena_alloc(arena, 300 * KIB, 1);
    memset(long_text, 'x', 300 * KIB - 1);
    assert_fails(audit_refused(audit, "open", long_text, "", &err), TOO_LARGE);
    assert_ok(audit_end(audit, 0, 0, &err));
    char id[AUDIT_ID_TEXT];
    memcpy(id, audit_id(audit), sizeof(id));
    assert_int_equal(verified(id).events, 2);

    record_replace(id, long_text, 300 * KIB - 1); /* and a line that long is no record */
    assert_int_equal(verified(id).state, AUDIT_BROKEN);
}

/* Killed at any event, the supervisor leaves a chain that holds. */
static void a_killed_writer_leaves_a_valid_chain(void **state)
{
    (void)state;
    for (int kill_at = 1; kill_at <= 5; kill_at++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            char at[16], id[AUDIT_ID_TEXT];
            snprintf(at, sizeof(at), "*:%d", kill_at);
            setenv("NONO_CRASH_AT", at, 1); /* NOLINT(concurrency-mt-unsafe) */
            record_make(true, id);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

        CLEANUP(arena_freep) struct arena *arena = arena_new();
        const char *id;
        assert_ok(audit_find(folder, NULL, arena, &id, &err));
        struct audit_report report = verified(id);
        assert_int_equal(report.state, kill_at == 5 ? AUDIT_CLOSED : AUDIT_UNCLOSED);
        assert_int_equal(report.events, kill_at - 1);
        assert_ok(tree_remove(AT_FDCWD, folder, &err));
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        CASE(a_record_that_has_gone_is_not_there),
        CASE(a_record_that_is_no_file_is_broken),
        CASE(refusals_without_end_are_counted_and_nothing_else_is),
        CASE(a_record_ends_at_its_limit_and_has_its_end),
        CASE(events_that_were_lost_are_counted_in_the_end),
        CASE(closed_record_verifies_and_says_what_happened),
        CASE(a_record_can_be_open_closed_or_left),
        CASE(a_record_without_an_event_does_not_stay),
        CASE(every_changed_byte_breaks_the_record_at_its_line),
        CASE(lines_cannot_go_come_or_move),
        CASE(a_right_chain_of_wrong_events_is_broken),
        CASE(find_takes_a_beginning_and_the_newest),
        CASE(absence_is_said_in_so_many_words),
        CASE(a_folder_that_others_may_write_is_refused),
        CASE(an_event_over_the_limit_is_refused),
        CASE(a_killed_writer_leaves_a_valid_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
