#include "tests/support/test.h"

#include <string.h>

#include "lib/base/limits.h"
#include "registry/cmd/config.h"
#include "registry/cmd/listen.h"

static bool read_with(const char *text, const char *variable, struct arena *arena,
                      struct config *out, struct error *err)
{
    char *environment[] = { arena_printf(arena, "HOME=/home/x"),
                            arena_printf(arena, "%s", variable ? variable : "NOTHING="), NULL };
    return config_read(text, strlen(text), "registry.toml", environment, arena, out, err);
}

static void nothing_gives_the_embedded_default(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct config config;
    assert_ok(read_with("data_dir = '/srv/nono'", NULL, arena, &config, &err));
    assert_string_equal(config.listen, "127.0.0.1:8080");
    assert_string_equal(config.blob_dir, "/srv/nono/blobs");
    assert_null(config.database_url);
    assert_null(config.admin_listen);
    assert_null(config.tls);
    assert_int_equal(config.access_log, CONFIG_ON);
    assert_int_equal(config.workers, 4);
    assert_int_equal(config.limits->entries, 0);
}

static void a_file_sets_every_key(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct config config;
    const char *text = "listen = '[::]:443'\nadmin_listen = '127.0.0.1:9000'\nname = 'acme'\n"
                       "base_url = 'https://packs.acme.test'\ndatabase_url = 'postgresql:///nono'\n"
                       "data_dir = '/d'\nblob_dir = '/b'\nweb_dir = '/w'\npostgres_bin = '/p'\n"
                       "trusted_proxies = ['127.0.0.1', '10.0.0.0/8']\naccess_log = 'off'\n"
                       "log_level = 'debug'\nrequire_binding = true\nthreads = 2\nworkers = 8\n"
                       "cache_bytes = 1000\ndrain_seconds = 5\ntimeout_seconds = 6\n"
                       "[tls]\ncert = '/c'\nkey = '/k'\n[limits]\narchive_bytes = 1048576\n"
                       "unpacked_bytes = 1048576\nentries = 100\nconnections = 50\n"
                       "connections_per_address = 5\n";
    assert_ok(read_with(text, NULL, arena, &config, &err));
    assert_string_equal(config.tls->key, "/k");
    assert_int_equal(config.limits->archive_bytes, MIB);
    assert_int_equal(config.trusted_proxies.count, 2);
    assert_int_equal(config.access_log, CONFIG_OFF);
    assert_true(config.require_binding);
    assert_int_equal(config.workers, 8);
}

static void the_environment_goes_before_the_file(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *text = "data_dir = '/d'\nlisten = '127.0.0.1:1'\n[limits]\nentries = 5\n";
    struct config config;
    assert_ok(read_with(text, "NONO_REGISTRY_LISTEN=127.0.0.1:2", arena, &config, &err));
    assert_string_equal(config.listen, "127.0.0.1:2");
    assert_int_equal(config.limits->entries, 5);
    assert_ok(read_with(text, "NONO_REGISTRY_LIMITS_ENTRIES=7", arena, &config, &err));
    assert_int_equal(config.limits->entries, 7);
    assert_ok(read_with(text, "NONO_REGISTRY_LIMITS_CONNECTIONS=9", arena, &config, &err));
    assert_int_equal(config.limits->entries, 5);
    assert_int_equal(config.limits->connections, 9);
    assert_ok(
        read_with(text, "NONO_REGISTRY_TRUSTED_PROXIES=10.0.0.0/8,::1", arena, &config, &err));
    assert_int_equal(config.trusted_proxies.count, 2);
    assert_ok(read_with(text, "NONO_REGISTRY_REQUIRE_BINDING=true", arena, &config, &err));
    assert_true(config.require_binding);
}

static void wrong_settings_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *variable, *needle;
    } cases[] = {
        { "lisen = 'x'", NULL, "lisen" },
        { "workers = 'x'", NULL, "workers" },
        { "workers = 1000", NULL, "workers" },
        { "access_log = 'maybe'", NULL, "access_log" },
        { "data_dir = 'relative'", NULL, "data_dir" },
        { "name = ''", NULL, "name: " },
        { "name = \"two\\nlines\"", NULL, "name: " },
        { "base_url = 'ftp://x'", NULL, "base_url" },
        { "base_url = 'https://x/'", NULL, "base_url" },
        { "[tls]\ncert = '/c'", NULL, "key" },
        { "tls = 1", NULL, "tls" },
        { "[limits]\narchive_bytes = 99999999999", NULL, "archive_bytes" },
        { "[limits]\nbytes = 1", NULL, "bytes" },
        { "listen = '127.0.0.1:99999'", NULL, "listen: " },
        { "listen = 'localhost:80'", NULL, "listen: " },
        { "listen = 'unix:'", NULL, "listen: " },
        { "admin_listen = '8081'", NULL, "admin_listen: " },
        { "trusted_proxies = ['10.0.0.0/99']", NULL, "trusted_proxies: " },
        { "", "NONO_REGISTRY_TRUSTED_PROXIES=127.0.0.1, ::1", "trusted_proxies: \" ::1\"" },
        { "", "NONO_REGISTRY_LISEN=127.0.0.1:2", "NONO_REGISTRY_LISEN: unknown" },
        { "", "NONO_REGISTRY_LIMITS=1", "NONO_REGISTRY_LIMITS: unknown" },
        { "", "NONO_REGISTRY_LIMITS_ENTRY=1", "NONO_REGISTRY_LIMITS_ENTRY: unknown" },
        { "", "NONO_REGISTRY_=1", "NONO_REGISTRY_: unknown" },
        { "", "NONO_REGISTRY_WORKERS=many", "NONO_REGISTRY_WORKERS" },
        { "", "NONO_REGISTRY_REQUIRE_BINDING=yes", "NONO_REGISTRY_REQUIRE_BINDING" },
        { "", "NONO_REGISTRY_DATABASE_URL=", "database_url" },
        { "database_url = 'postgresql://nono:a@b@db/nono'", NULL, "database_url" },
        { "drain_seconds = 0", NULL, "drain_seconds" },
        { "", "NONO_REGISTRY_CACHE_BYTES=0", "cache_bytes" },
        { "[limits]\nentries = 0", NULL, "limits: entries" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct config config;
        struct error err;
        assert_false(read_with(cases[i].text, cases[i].variable, arena, &config, &err));
        assert_int_equal(err.kind, ERROR_INVALID);
        assert_non_null(strstr(err.message, cases[i].needle));
    }
}

static void a_mistyped_variable_is_told_its_name(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct config config;
    struct error why;
    assert_false(read_with("", "NONO_REGISTRY_LISEN=127.0.0.1:2", arena, &config, &why));
    assert_string_equal(why.hint, "did you mean NONO_REGISTRY_LISTEN?");
    /* The client's variable is another's. */
    assert_ok(read_with("", "NONO_REGISTRY=https://registry.example.org", arena, &config, &err));
}

static void addresses_are_split(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        unsigned port;
    } good[] = {
        { "127.0.0.1:8080", "127.0.0.1", 8080 },
        { "[::1]:0", "::1", 0 },
        { "0.0.0.0:65535", "0.0.0.0", 65535 },
    };
    static const char *const bad[] = { "",
                                       ":",
                                       ":80",
                                       "80",
                                       "127.0.0.1",
                                       "127.0.0.1:",
                                       "::1:80",
                                       "127.0.0.1:65536",
                                       "127.0.0.1:8x",
                                       "127.0.0.1:-1",
                                       "[]:80",
                                       "[[]]:80",
                                       "a]:80" };
    char host[64];
    uint16_t port;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_ok(listen_parse(good[i].text, host, sizeof(host), &port, &err));
        assert_string_equal(host, good[i].host);
        assert_int_equal(port, good[i].port);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_fails(listen_parse(bad[i], host, sizeof(host), &port, &err), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_gives_the_embedded_default),
        cmocka_unit_test(a_file_sets_every_key),
        cmocka_unit_test(the_environment_goes_before_the_file),
        cmocka_unit_test(wrong_settings_are_refused),
        cmocka_unit_test(a_mistyped_variable_is_told_its_name),
        cmocka_unit_test(addresses_are_split),
    };
    return cmocka_run_group_tests_name("registry/cmd/config", tests, NULL, NULL);
}
