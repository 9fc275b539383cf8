#include "tests/support/test.h"

#include <string.h>

#include "registry/db/internal.h"

DEFINE_CLEANUP(PGconn *, PQfinish)
DEFINE_CLEANUP(PQconninfoOption *, PQconninfoFree)

static void what_libpq_reads_as_it_was_meant_is_taken(void **state)
{
    (void)state;
    static const char *const good[] = {
        "postgresql:///nono",
        "postgres://nono@db/nono",
        "postgresql://nono:p%40ss%2Fword%25@db.example.org:5433/nono?sslmode=require",
        "postgresql://nono:pa:ss?w#rd@db/nono",
        "postgresql://a,b:5433/nono?target_session_attrs=read-write",
        "postgresql://[::1]:5432/nono",
        "postgresql://%2Fvar%2Frun%2Fpostgresql/nono",
        "postgresql:///nono?host=/run/a@b&user=me@host",
        "host=db port=5432 user=nono password='p@ss/word' dbname=nono",
        "host=@abstract dbname=nono",
        "",
    };
    for (size_t i = 0; i < COUNT(good); i++)
        assert_ok(db_url_check(good[i], &err));
}

/* Each holds "secret", in a password that was written as it is. */
static void what_would_be_told_with_its_password_is_refused_without_it(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "postgresql://nono:a@secret@db/nono",   "postgresql://nono:1/secret@db/nono",
        "postgresql://nono:a/secret@db/nono",   "postgresql://nono:%secret@db/nono",
        "postgresq://nono:secret@db/nono",      "nono:secret@db/nono",
        "host=db password=a secret user=nono",  "postgresql://nono:secret@db/nono?sslmod=require",
        "postgresql://nono@db:54secret32/nono", "host=nono:secret@db",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct error fault = { 0 };
        assert_false(db_url_check(bad[i], &fault));
        assert_int_equal(fault.kind, ERROR_INVALID);
        assert_null(strstr(fault.message, "secret"));
        assert_string_equal(fault.field, "database_url");
    }
}

static const char *setting_of(PGconn *conn, const char *name, char out[32])
{
    CLEANUP(PQconninfoFreep) PQconninfoOption *options = PQconninfo(conn);
    (void)snprintf(out, 32, "none");
    for (const PQconninfoOption *option = options; option && option->keyword; option++)
        if (strcmp(option->keyword, name) == 0 && option->val)
            (void)snprintf(out, 32, "%s", option->val);
    return out;
}

static void a_host_that_is_gone_is_noticed_unless_the_string_says_otherwise(void **state)
{
    (void)state;
    char value[32];
    CLEANUP(PQfinishp) PGconn *plain = db_connect("postgresql://nono@127.0.0.1:1/nono");
    assert_string_equal(setting_of(plain, "connect_timeout", value), "10");
    assert_string_equal(setting_of(plain, "tcp_user_timeout", value), "30000");
    assert_string_equal(setting_of(plain, "keepalives_idle", value), "15");
    assert_string_equal(setting_of(plain, "dbname", value), "nono");
    CLEANUP(PQfinishp)
    PGconn *told = db_connect("host=127.0.0.1 port=1 connect_timeout=3 tcp_user_timeout=0");
    assert_string_equal(setting_of(told, "connect_timeout", value), "3");
    assert_string_equal(setting_of(told, "tcp_user_timeout", value), "0");
    assert_string_equal(setting_of(told, "keepalives_idle", value), "15");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_libpq_reads_as_it_was_meant_is_taken),
        cmocka_unit_test(what_would_be_told_with_its_password_is_refused_without_it),
        cmocka_unit_test(a_host_that_is_gone_is_noticed_unless_the_string_says_otherwise),
    };
    return cmocka_run_group_tests_name("registry/db/url", tests, NULL, NULL);
}
