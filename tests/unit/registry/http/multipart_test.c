#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/record.h"
#include "registry/http/multipart.h"

/* What came out, as text: "name|filename|type:bytes;" for each part. */
static struct buf seen;

static bool on_begin(void *context, const char *name, const char *filename, const char *type,
                     struct error *err)
{
    (void)context;
    return buf_printf(&seen, err, "%s%s|%s|%s:", seen.len ? ";" : "", name,
                      filename ? filename : "-", type ? type : "-");
}

static bool on_data(void *context, const char *bytes, size_t len, struct error *err)
{
    (void)context;
    return buf_append(&seen, bytes, len, err);
}

static bool read_in_steps(const char *type, const char *body, size_t step, struct error *err)
{
    struct multipart *form = NULL;
    buf_clear(&seen);
    buf_init(&seen, 100000);
    if (!multipart_new(type, (struct multipart_sink){ on_begin, on_data, NULL }, &form, err))
        return false;
    bool ok = true;
    size_t len = strlen(body);
    for (size_t at = 0; ok && at < len; at += step)
        ok = multipart_add(form, body + at, at + step < len ? step : len - at, err);
    ok = ok && multipart_end(form, err);
    multipart_free(form);
    return ok;
}

#define FORM "multipart/form-data; boundary=b"
#define PART_BASE64 \
    "Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
#define PART "Content-Disposition: form-data; name=\"a\"\r\n\r\n"

static void form_reads_as(const char *body, size_t step, const char *want)
{
    assert_ok(read_in_steps(FORM, body, step, &err));
    assert_string_equal(seen.data ? seen.data : "", want);
}

static void parts_come_out_however_the_bytes_come_in(void **state)
{
    (void)state;
    static const struct {
        const char *body, *seen;
    } cases[] = {
        { "--b--", "" },
        { "--b\r\n" PART "x\r\n--b--\r\n", "a|-|-:x" },
        { "--b\r\n" PART "\r\n--b\r\n" PART "\r\n\r\n--b--", "a|-|-:;a|-|-:\r\n" },
        { "--b\r\n" PART "--b\r\n-\r\n--\r\n--c\r\n--b--", "a|-|-:--b\r\n-\r\n--\r\n--c" },
        { "--b\r\nContent-Disposition: form-data; name=artifact; filename=\"bin/my \\\"x\\\".sh\"\r\n"
          "Content-Type: text/plain\r\nX-Other: 1\r\n\r\n#!\r\n--b--\r\nepilogue --b",
          "artifact|bin/my \"x\".sh|text/plain:#!" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t step = 1; step < 40; step++)
            form_reads_as(cases[i].body, step, cases[i].seen);
    }
}

static void forms_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "--b",
        "--b\r\n",
        "preamble\r\n--b\r\n" PART "x\r\n--b--",
        "\r\n--b--",
        "--c--",
        "--bx--",
        "--b\r\n" PART "x",
        "--b\r\n" PART "x\r\n--b",
        "--b\r\n" PART "x\r\n--b\n--b--",
        "--b\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: attachment; name=a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"a\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''x\r\n\r\nx\r\n--b--",
        "--b\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nx\r\n--b--",
        "--b\r\nno field\r\n\r\nx\r\n--b--",
        "--b\r\n" PART_BASE64 "x\r\n--b--",
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        for (size_t step = 1; step < 9; step += 7)
            assert_fails(read_in_steps(FORM, bad[i], step, &err), INVALID);
}

static void a_long_head_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *body = arena_printf(arena, "--b\r\nX: %05000d\r\n" PART "x\r\n--b--", 0);
    assert_fails(read_in_steps(FORM, body, 100, &err), INVALID);
}

static void a_form_needs_a_boundary(void **state)
{
    (void)state;
    static const char over_long[] =
        "multipart/form-data; boundary=12345678901234567890123456789012345678901234567890"
        "123456789012345678901";
    static const char *const bad[] = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"x",
        "multipart/form-data; boundary=a; boundary=b",
        over_long,
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(read_in_steps(bad[i], "--b--", 5, &err), INVALID);
    assert_ok(
        read_in_steps("multipart/form-data; charset=utf-8; boundary=\"b\"", "--b--", 5, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_out_however_the_bytes_come_in),
        cmocka_unit_test(forms_that_are_none_are_refused),
        cmocka_unit_test(a_long_head_is_refused),
        cmocka_unit_test(a_form_needs_a_boundary),
    };
    int failed = cmocka_run_group_tests_name("registry/http/multipart", tests, NULL, NULL);
    buf_clear(&seen);
    return failed;
}
