/* USES lib/json lib/yaml */
#include "tests/support/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "client/install/wiring.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "tests/support/client_home.h"

/* A home that is there, and nono's folders in it. */
static char home[] = "/tmp/nono-wiring-XXXXXX";
static struct folders folders;
static const struct profile_platform platform = { .os = "linux" };

static int home_make(void **state)
{
    (void)state;
    return client_home_make(home, &folders);
}

static int home_drop(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(closep) int tmp = -1;
    return dir_open("/tmp", &tmp, &err) && tree_remove(tmp, home + strlen("/tmp/"), &err) ? 0 : -1;
}

struct world {
    struct wiring wiring;
    struct wired wired;
    struct variables variables;
    struct wiring_source source; /* "s", of every directive */
};

static void world_make(struct world *world, const char *source, size_t directives,
                       struct arena *arena)
{
    *world = (struct world){ .variables = { .folders = &folders,
                                            .namespace = "acme",
                                            .name = "web",
                                            .pack_dir = "/pack",
                                            .now = "now" } };
    assert_ok(wired_load(-1, arena, &world->wired, &err));
    world->source = (struct wiring_source){ .path = "s", .bytes = source, .len = strlen(source) };
    world->wiring = (struct wiring){ .plan = plan_new(&folders, NULL, arena),
                                     .wired = &world->wired,
                                     .variables = &world->variables,
                                     .platform = &platform,
                                     .sources = &world->source,
                                     .source_count = 1,
                                     .arena = arena };
    wiring_init(&world->wiring, directives);
}

static const struct directive merge = { .type = DIRECTIVE_JSON_MERGE,
                                        .file = "$HOME/.claude/x.json",
                                        .patch = "s" };
static const struct directive yaml = { .type = DIRECTIVE_YAML_MERGE,
                                       .file = "$XDG_CONFIG_HOME/goose/x.yaml",
                                       .patch = "s" };

/* How many directives are taken before the pack is refused. */
static size_t applied(struct world *world, const struct directive *directive, size_t tries,
                      struct error *err)
{
    for (size_t i = 0; i < tries; i++)
        if (!wiring_apply(&world->wiring, directive, err))
            return i;
    return tries;
}

static void what_all_directives_read_and_merge_is_bounded(void **state)
{
    (void)state;
    struct error err;
    struct world world;
    {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        char *text = arena_alloc(arena, MIB + 16, 1);
        memset(text, 'x', MIB);
        memcpy(text, "{\"k\":\"", 6);
        memcpy(text + MIB, "\"}", 2);
        world_make(&world, text, 100, arena);
        assert_in_range(applied(&world, &merge, 100, &err), 16, 40);
        assert_int_equal(err.kind, ERROR_TOO_LARGE);
        assert_non_null(strstr(err.message, "edits over"));
    }
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *list = "1";
    for (int i = 0; i < 4999; i++)
        list = arena_printf(arena, "%s,1", list);
    world_make(&world, arena_printf(arena, "{\"k\":[%s]}", list), 100, arena);
    assert_int_equal(applied(&world, &merge, 100, &err), 3); /* 5002 values each */
    assert_int_equal(err.kind, ERROR_TOO_LARGE);
    assert_non_null(strstr(err.message, "values"));
}

static const char *planned(struct plan *plan, const char *path, struct arena *arena)
{
    struct node node;
    assert_ok(plan_get(plan, arena_printf(arena, "%s/%s", home, path), &node, &err));
    assert_int_equal(node.kind, NODE_FILE);
    return node.bytes;
}

static void file_put(const char *path, const char *text)
{
    CLEANUP(closep) int dir = -1;
    assert_ok(dir_open(home, &dir, &err));
    assert_ok(dir_make_beneath(dir, ".config/goose", 0755, &err));
    CLEANUP(closep) int inner = -1;
    assert_ok(file_open_beneath(dir, ".config/goose", O_RDONLY | O_DIRECTORY, 0, &inner, &err));
    assert_ok(file_replace(inner, path, text, strlen(text), 0644, &err));
}

/* Through the lock file, which is JSON. */
static const struct doc *locked(const struct doc *records, struct arena *arena)
{
    struct doc *again;
    const char *text = json_print(records, JSON_PRETTY, arena);
    assert_ok(json_parse(text, strlen(text), NULL, JSON_PLAIN, arena, &again, &err));
    return again;
}

static void yaml_values_come_back_as_they_were_written(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct world world;
    static const char before[] =
        "mode: 0755\nflag: no\nversion: 1.10\nday: 2024-01-01\nlist:\n  - off\n  - 007\ntext: \"no\"\n";
    file_put("x.yaml", before);
    world_make(&world, "mode: 1\nflag: 2\nversion: 3\nday: 4\nlist: 5\ntext: 6\n", 1, arena);
    assert_ok(wiring_apply(&world.wiring, &yaml, &err));
    const struct doc *records = locked(world.wiring.records, arena);
    const char *merged = planned(world.wiring.plan, ".config/goose/x.yaml", arena);
    assert_string_equal(merged, "mode: 1\nflag: 2\nversion: 3\nday: 4\nlist: 5\ntext: 6\n");

    file_put("x.yaml", arena_printf(arena, "%smore: 1\n", merged)); /* its user goes on */
    world_make(&world, "", 1, arena);
    assert_ok(wiring_undo(&world.wiring, records, false, &err));
    assert_string_equal(planned(world.wiring.plan, ".config/goose/x.yaml", arena),
                        arena_printf(arena, "%smore: 1\n", before));
}

static size_t parses; /* of the home's files */

bool __real_json_parse(const char *text, size_t len, const char *source, enum json_syntax syntax,
                       struct arena *arena, struct doc **out, struct error *err);
bool __wrap_json_parse(const char *text, size_t len, const char *source, enum json_syntax syntax,
                       struct arena *arena, struct doc **out, struct error *err);
bool __wrap_json_parse(const char *text, size_t len, const char *source, enum json_syntax syntax,
                       struct arena *arena, struct doc **out, struct error *err)
{
    parses += source && *source == '/';
    return __real_json_parse(text, len, source, syntax, arena, out, err);
}

/* The file may have grown since: what undoing takes does not go with the number of its records. */
static void a_file_is_read_once_however_many_records_are_undone(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct directive both[] = {
        merge, { .type = DIRECTIVE_JSON_MERGE, .file = "$HOME/.claude/y.json", .patch = "s" }
    };
    struct world world;
    world_make(&world, "{\"k\":1}", 40, arena);
    for (size_t i = 0; i < 40; i++)
        assert_ok(wiring_apply(&world.wiring, &both[i % 2], &err));
    assert_string_equal(planned(world.wiring.plan, ".claude/x.json", arena), "{\n  \"k\": 1\n}\n");
    parses = 0;
    assert_ok(wiring_undo(&world.wiring, world.wiring.records, false, &err));
    assert_int_equal(parses, 2);
    assert_string_equal(planned(world.wiring.plan, ".claude/x.json", arena), "{}\n");
    assert_string_equal(planned(world.wiring.plan, ".claude/y.json", arena), "{}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_all_directives_read_and_merge_is_bounded),
        cmocka_unit_test(a_file_is_read_once_however_many_records_are_undone),
        cmocka_unit_test(yaml_values_come_back_as_they_were_written),
    };
    return cmocka_run_group_tests_name("client/install/wiring", tests, home_make, home_drop);
}
