#include "tests/support/test.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"

static void a_buffer_grows_to_its_ceiling(void **state)
{
    (void)state;
    CLEANUP(buf_clearp) struct buf buf;
    buf_init(&buf, 600);
    for (int i = 0; i < 60; i++)
        assert_ok(buf_text(&buf, "0123456789", &err));
    assert_int_equal(buf.len, 600);
    assert_fails(buf_append(&buf, "x", 1, &err), TOO_LARGE);
    assert_fails(buf_printf(&buf, &err, "%d", 1), TOO_LARGE);
    assert_int_equal(strlen(buf.data), 600);
    buf_wipe(&buf);
    assert_ok(buf_printf(&buf, &err, "%s-%d", "a", 7));
    assert_string_equal(buf.data, "a-7");
}

static void an_arena_gives_zeroed_aligned_memory(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t size = 1; size < 70000; size = size * 3 + 1) {
        unsigned char *bytes = arena_alloc(arena, size, 1);
        assert_int_equal((uintptr_t)bytes % ARENA_ALIGN, 0);
        assert_int_equal(bytes[0] | bytes[size - 1], 0);
        memset(bytes, 0xff, size);
    }
    assert_string_equal(arena_printf(arena, "%d/%s", 5, "x"), "5/x");
}

static void errors_carry_kind_prefix_and_advice(void **state)
{
    (void)state;
    struct error err;
    assert_false(error_set(&err, CONFLICT, "taken"));
    error_prefix(&err, "publish %s", "a/b");
    error_hint(&err, "raise the version");
    error_field(&err, "version");
    assert_string_equal(err.message, "publish a/b: taken");
    assert_string_equal(err.hint, "raise the version");
    assert_string_equal(err.field, "version");
    assert_int_equal(error_http_status(err.kind), 409);
    assert_string_equal(error_code(err.kind), "conflict");

    char longer[2000];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    error_prefix(&err, "%s", longer);
    assert_int_equal(strlen(err.message), sizeof(err.message) - 1);
}

static void errno_chooses_the_kind(void **state)
{
    (void)state;
    static const struct {
        int sys;
        enum error_kind kind;
    } cases[] = { { ENOENT, ERROR_NOT_FOUND }, { EACCES, ERROR_DENIED },
                  { EEXIST, ERROR_CONFLICT },  { EFBIG, ERROR_INTERNAL },
                  { ENOSPC, ERROR_INTERNAL },  { EDQUOT, ERROR_INTERNAL },
                  { EROFS, ERROR_INTERNAL },   { EIO, ERROR_INTERNAL } };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err;
        errno = cases[i].sys;
        assert_false(error_set_errno(&err, "open %s", "f"));
        assert_int_equal(err.kind, cases[i].kind);
        assert_int_equal(err.sys, cases[i].sys);
    }
}

static char logged[256];

static void capture(enum log_level level, const char *event, const struct log_pair *pairs,
                    void *context)
{
    (void)context;
    snprintf(logged, sizeof(logged), "%d %s %s=%s %s=%d", (int)level, event, pairs[0].key,
             pairs[0].text, pairs[1].key, (int)pairs[1].number);
}

static void logs_go_to_the_sink_from_their_level_up(void **state)
{
    (void)state;
    log_set_sink(capture, NULL);
    log_debug("quiet", KV("a", "b"), KV("n", 1));
    assert_string_equal(logged, "");
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("loud", KV("a", "b"), KV("n", 1));
    assert_string_equal(logged, "0 loud a=b n=1");
    log_set_sink(NULL, NULL);
    log_info("to.stderr", KV("text", "quote\" and \n"), KV("n", -1));
    log_set_level(LOG_LEVEL_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_grows_to_its_ceiling),
        cmocka_unit_test(an_arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(errors_carry_kind_prefix_and_advice),
        cmocka_unit_test(errno_chooses_the_kind),
        cmocka_unit_test(logs_go_to_the_sink_from_their_level_up),
    };
    return cmocka_run_group_tests_name("lib/base/buf", tests, NULL, NULL);
}
