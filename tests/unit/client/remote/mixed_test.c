#include "tests/support/test.h"

#include <stdio.h>
#include <string.h>

#include "client/remote/mixed.h"

/* What a reading has seen: "type length:bytes|" a part. */
struct seen {
    char text[512];
    size_t len;
};

static void add(struct seen *seen, const char *bytes, size_t len)
{
    assert_true(seen->len + len < sizeof(seen->text));
    memcpy(seen->text + seen->len, bytes, len);
    seen->len += len;
    seen->text[seen->len] = '\0';
}

static bool begin(void *context, const struct mixed_part *part, struct error *err)
{
    (void)err;
    char head[160];
    int len = snprintf(head, sizeof(head), "%u %s %llu:", part->index, part->content_type,
                       (unsigned long long)part->length);
    add(context, head, (size_t)len);
    return true;
}

static bool take(void *context, const void *bytes, size_t len, struct error *err)
{
    (void)err;
    add(context, bytes, len);
    return true;
}

static bool end(void *context, const struct mixed_part *part, struct error *err)
{
    (void)part, (void)err;
    add(context, "|", 1);
    return true;
}

#define TYPE "multipart/mixed; boundary=abc"

/* Feeds text in pieces of step bytes. */
static bool read_all(const char *type, const char *text, size_t step, struct seen *seen,
                     struct error *err)
{
    struct mixed mixed;
    const struct mixed_sink sink = { seen, begin, take, end };
    *seen = (struct seen){ .len = 0 };
    if (!mixed_init(&mixed, type, &sink, err))
        return false;
    for (size_t at = 0, len = strlen(text); at < len; at += step)
        if (!mixed_feed(&mixed, text + at, len - at < step ? len - at : step, err))
            return false;
    return mixed_finish(&mixed, err);
}

static const char good[] = "--abc\r\nContent-Type: a/b\r\nContent-Length: 5\r\n\r\n--abc\r\n"
                           "--abc\r\ncontent-length:0\r\n\r\n\r\n"
                           "--abc\r\nContent-Type: c/d\r\nContent-Length: 3\r\nX: y\r\n\r\nx\ny\r\n"
                           "--abc--\r\n";

static void parts_come_whole_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t step = 1; step < sizeof(good); step++) {
        struct seen seen;
        assert_ok(read_all(TYPE, good, step, &seen, &err));
        assert_string_equal(seen.text, "0 a/b 5:--abc|1  0:|2 c/d 3:x\ny|");
    }
}

static void a_quoted_boundary_and_a_missing_last_line_end_are_read(void **state)
{
    (void)state;
    struct seen seen;
    assert_ok(read_all("Multipart/Mixed; x=1; boundary=\"a b\"",
                       "\r\n--a b\r\nContent-Length: 1\r\n\r\nZ\r\n--a b--", 7, &seen, &err));
    assert_string_equal(seen.text, "0  1:Z|");
}

static void what_is_not_whole_or_not_mixed_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *type, *text;
    } bad[] = {
        { "text/html", good },
        { "multipart/mixed", good },
        { "multipart/mixed; boundary=", good },
        { TYPE, "" },
        { TYPE, "--abd\r\n" },
        { TYPE, "--abcd\r\n" },
        { TYPE, "--abc\r\nContent-Length: 5\r\n\r\n12" },
        { TYPE, "--abc\r\nContent-Length: 1\r\n\r\n12\r\n--abc--\r\n" },
        { TYPE, "--abc\r\nContent-Length: -1\r\n\r\n" },
        { TYPE, "--abc\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n1" },
        { TYPE, "--abc\r\nContent-Length: 9999999999999999\r\n\r\n" },
        { TYPE, "--abc\r\nContent-Type: a/b\r\n\r\nx" },
        { TYPE, "--abc\r\nnonsense\r\n" },
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct seen seen;
        struct error err;
        assert_false(read_all(bad[i].type, bad[i].text, 3, &seen, &err));
    }
}

static void endless_headers_and_parts_are_refused(void **state)
{
    (void)state;
    struct mixed mixed;
    struct seen seen = { .len = 0 };
    const struct mixed_sink sink = { &seen, begin, take, end };
    assert_ok(mixed_init(&mixed, TYPE, &sink, &err));
    char line[MIXED_LINE_MAX + 8];
    memset(line, 'x', sizeof(line));
    assert_fails(mixed_feed(&mixed, line, sizeof(line), &err), TOO_LARGE);

    assert_ok(mixed_init(&mixed, TYPE, &sink, &err));
    struct error failure;
    bool ok = true;
    static const char empty[] = "--abc\r\nContent-Length: 0\r\n\r\n\r\n";
    for (unsigned i = 0; ok && i <= MIXED_PARTS_MAX; i++)
        ok = mixed_feed(&mixed, empty, strlen(empty), &failure);
    assert_false(ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_come_whole_however_they_are_cut),
        cmocka_unit_test(a_quoted_boundary_and_a_missing_last_line_end_are_read),
        cmocka_unit_test(what_is_not_whole_or_not_mixed_is_refused),
        cmocka_unit_test(endless_headers_and_parts_are_refused),
    };
    return cmocka_run_group_tests_name("client/remote/mixed", tests, NULL, NULL);
}
