/* The room that is reserved for a record before anything runs, and what is left of it. */
#include "tests/support/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static const char *path_of(const char *id)
{
    static char path[128];
    snprintf(path, sizeof(path), "%s/audit/%s.jsonl", folder, id);
    return path;
}

static off_t size_of(const char *id)
{
    struct stat st;
    assert_int_equal(stat(path_of(id), &st), 0);
    return st.st_size;
}

/* The state of a record: verified line by line, and as a list shows it, which must agree. */
static enum audit_state state_of(const char *id, char fault[64])
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct audit_report report;
    struct audit_summary summary;
    assert_ok(audit_verify(folder, id, NULL, NULL, &report, &err));
    assert_ok(audit_summarise(folder, id, arena, &summary, &err));
    if (report.state != AUDIT_BROKEN) {
        assert_int_equal(summary.state, report.state);
    }
    snprintf(fault, 64, "%.63s", report.fault);
    return report.state;
}

static const char *const shortly[] = { "true", NULL };

/* A record with room of which a start is used. The caller ends it, or leaves it. */
static struct audit *record_begin(const char *const *command, char id[AUDIT_ID_TEXT])
{
    const struct audit_start start = { .command = command, .profile = "p", .pid = 7 };
    struct audit *audit = NULL;
    assert_ok(audit_open(folder, &audit, &err));
    memcpy(id, audit_id(audit), AUDIT_ID_TEXT);
    assert_ok(audit_reserve(audit, &start, &err));
    assert_ok(audit_start(audit, &start, &err));
    return audit;
}

/* What kill -9 leaves: the file as it is while the run goes on. */
static void copy_as_left(const char *id)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *bytes;
    size_t len;
    assert_ok(file_read_path(path_of(id), 1 << 20, arena, &bytes, &len, &err));
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder_fd >= 0);
    char name[64];
    snprintf(name, sizeof(name), "audit/%s.jsonl", id);
    assert_int_equal(unlinkat(folder_fd, name, 0), 0);
    int fd = openat(folder_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_ok(file_write_all(fd, bytes, len, &err));
    close(fd);
    close(folder_fd);
}

static void room_is_there_while_a_run_goes_on_and_given_back(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT], fault[64];
    CLEANUP(audit_freep) struct audit *audit = record_begin(shortly, id);
    off_t room = size_of(id);
    assert_true(room >= 2048);
    assert_int_equal(state_of(id, fault), AUDIT_RUNNING);
    assert_string_equal(fault, "");
    assert_ok(audit_refused(audit, "open", "/x", "not granted", &err));
    assert_int_equal(size_of(id), room); /* the disk has nothing to note but the bytes */
    assert_ok(audit_end(audit, 0, 0, &err));

    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *bytes;
    size_t len;
    assert_ok(file_read_path(path_of(id), 1 << 20, arena, &bytes, &len, &err));
    assert_true(len < (size_t)room && strlen(bytes) == len && bytes[len - 1] == '\n');
    assert_int_equal(state_of(id, fault), AUDIT_CLOSED);
}

static void a_run_that_outgrows_its_room_is_recorded_whole(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT], fault[64];
    CLEANUP(audit_freep) struct audit *audit = record_begin(shortly, id);
    for (int i = 0; i < 50; i++) {
        assert_ok(audit_refused(audit, "open", "/somewhere", "not granted", &err));
    }
    assert_ok(audit_end(audit, 0, 0, &err));
    assert_int_equal(state_of(id, fault), AUDIT_CLOSED);
}

static void room_left_behind_is_no_event(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT], fault[64];
    struct audit *audit = record_begin(shortly, id);
    copy_as_left(id);
    audit_free(audit);
    assert_int_equal(state_of(id, fault), AUDIT_UNCLOSED);
    assert_string_equal(fault, ""); /* not "cut short": its last line is whole */

    audit = record_begin(shortly, id);
    assert_ok(audit_end(audit, 0, 0, &err));
    audit_free(audit);
    assert_int_equal(truncate(path_of(id), 3000), 0); /* the end was not given back to the disk */
    assert_int_equal(state_of(id, fault), AUDIT_CLOSED);
    FILE *file = fopen(path_of(id), "ae");
    assert_non_null(file);
    assert_int_equal(fputs("x", file), 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(state_of(id, fault), AUDIT_BROKEN);
    assert_string_equal(fault, "stands behind the end of the record");
}

/* The room of a long command is longer than what a list reads of a record at first. */
static void a_list_finds_the_last_event_before_much_room(void **state)
{
    (void)state;
    char id[AUDIT_ID_TEXT], fault[64];
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *word = arena_alloc(arena, 20001, 1);
    memset(word, 'a', 20000);
    struct audit *audit = record_begin((const char *const[]){ "echo", word, NULL }, id);
    assert_true(size_of(id) > 120000);
    assert_ok(audit_refused(audit, "open", "/x", "not granted", &err));
    copy_as_left(id);
    audit_free(audit);
    assert_int_equal(state_of(id, fault), AUDIT_UNCLOSED);
    struct audit_summary summary;
    assert_ok(audit_summarise(folder, id, arena, &summary, &err));
    assert_string_equal(summary.last.type, "refused");
}

static void one_without_any_event_is_one_that_did_not_begin(void **state)
{
    (void)state;
    const struct audit_start start = { .command = shortly };
    char id[AUDIT_ID_TEXT], fault[64];
    struct audit *audit = NULL;
    assert_ok(audit_open(folder, &audit, &err));
    memcpy(id, audit_id(audit), AUDIT_ID_TEXT);
    assert_ok(audit_reserve(audit, &start, &err));
    copy_as_left(id);
    assert_int_equal(state_of(id, fault), AUDIT_UNCLOSED);
    audit_free(audit);
    assert_int_not_equal(access(path_of(id), F_OK), 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, folder_make, folder_remove)
    const struct CMUnitTest tests[] = {
        CASE(room_is_there_while_a_run_goes_on_and_given_back),
        CASE(a_run_that_outgrows_its_room_is_recorded_whole),
        CASE(room_left_behind_is_no_event),
        CASE(a_list_finds_the_last_event_before_much_room),
        CASE(one_without_any_event_is_one_that_did_not_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
