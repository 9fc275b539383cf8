#include "tests/support/test.h"

#include "lib/base/record.h"
#include "registry/http/accept.h"

static void encodings_have_the_quality_that_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *field;
        unsigned gzip, br, identity;
    } cases[] = {
        { NULL, 0, 0, 1 },
        { "", 0, 0, 1 },
        { "gzip", 1000, 0, 1 },
        { "gzip, br", 1000, 1000, 1 },
        { "gzip,br;q=0.9", 1000, 900, 1 },
        { " gzip ;\tq=0.5 , br", 500, 1000, 1 },
        { "GZIP;Q=0.25", 250, 0, 1 },
        { "gzip;q=0", 0, 0, 1 },
        { "gzip; q=0", 0, 0, 1 },
        { "gzip;q=0.0, *", 0, 1000, 1000 },
        { "gzip;q=0.000", 0, 0, 1 },
        { "gzip;q=0.001", 1, 0, 1 },
        { "gzip;q=1.000", 1000, 0, 1 },
        { "gzip;q=1.", 1000, 0, 1 },
        { "*", 1000, 1000, 1000 },
        { "*;q=0", 0, 0, 0 },
        { "*;q=0, gzip", 1000, 0, 0 },
        { "identity", 0, 0, 1000 },
        { "identity;q=0.5, gzip;q=0.1", 100, 0, 500 },
        { "identity;q=0", 0, 0, 0 },
        { "xgzip, gzipx, x-br", 0, 0, 1 },
        { ",, gzip,", 1000, 0, 1 },
        { "gzip;q=0, gzip", 0, 0, 1 },  /* the first counts */
        { "gzip;q=2, br", 0, 1000, 1 }, /* what is malformed does not */
        { "gzip;q=1.001", 0, 0, 1 },
        { "gzip;q=0.1234", 0, 0, 1 },
        { "gzip;q=", 0, 0, 1 },
        { "gzip;q", 0, 0, 1 },
        { "gzip;level=9", 0, 0, 1 },
        { "gzip;q=0.5x", 0, 0, 1 },
        { "gzip br", 0, 0, 1 },
        { ";q=1", 0, 0, 1 },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(accept_quality(cases[i].field, "gzip"), cases[i].gzip);
        assert_int_equal(accept_quality(cases[i].field, "br"), cases[i].br);
        assert_int_equal(accept_quality(cases[i].field, "identity"), cases[i].identity);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodings_have_the_quality_that_is_asked_for),
    };
    return cmocka_run_group_tests_name("registry/http/accept", tests, NULL, NULL);
}
