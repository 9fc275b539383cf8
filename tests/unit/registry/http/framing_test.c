#include "tests/support/test.h"

#include "lib/base/record.h"
#include "registry/http/framing.h"

struct field_of {
    const char *name, *value;
};

static const char *fault_of(const struct field_of *fields, size_t count)
{
    struct framing framing = { 0 };
    for (size_t i = 0; i < count; i++)
        framing_field(&framing, fields[i].name, fields[i].value);
    return framing.fault;
}

static void a_body_has_one_length(void **state)
{
    (void)state;
    static const struct field_of good[][2] = {
        { { "Host", "a" }, { "Accept", "*/*" } },
        { { "Content-Length", "0" }, { "X-Content-Length", "5" } },
        { { "content-length", "17" }, { "Content-Type", "a/b" } },
        { { "Transfer-Encoding", "Chunked" }, { "TE", "trailers" } },
        { { "Empty", "" }, { "None", NULL } },
    };
    static const struct field_of bad[][2] = {
        { { "Content-Length", "5" }, { "content-length", "5" } },
        { { "Content-Length", "5" }, { "Transfer-Encoding", "chunked" } },
        { { "Transfer-Encoding", "chunked" }, { "Transfer-Encoding", "chunked" } },
        { { "Host", "a" }, { "Transfer-Encoding", "gzip, chunked" } },
        { { "Host", "a" }, { "Transfer-Encoding", "identity" } },
        { { "Host", "a" }, { "Content-Length", "" } },
        { { "Host", "a" }, { "Content-Length", "-1" } },
        { { "Host", "a" }, { "Content-Length", "0x5" } },
        { { "Host", "a" }, { "Content-Length ", "5" } },
        { { "", "a" }, { "Host", "a" } },
        { { "a b", "a" }, { "Host", "a" } },
        { { "a\tb", "a" }, { "Host", "a" } },
        { { "H\xc3\xa4", "a" }, { "Host", "a" } },
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_null(fault_of(good[i], 2));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_non_null(fault_of(bad[i], 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_body_has_one_length) };
    return cmocka_run_group_tests_name("registry/http/framing", tests, NULL, NULL);
}
