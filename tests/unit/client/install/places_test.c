#include "tests/support/test.h"

#include <string.h>
#include <sys/stat.h>

#include "client/install/places.h"
#include "client/install/plan.h"
#include "lib/base/files.h"
#include "lib/base/record.h"
#include "tests/support/client_home.h"

/* A home that is there, and nono's folders in it. */
static char home[] = "/tmp/nono-places-XXXXXX";
static struct folders folders;

static int home_make(void **state)
{
    (void)state;
    return client_home_make(home, &folders) < 0 ? -1 : mkdir(folders.xdg_config, 0755);
}

static int home_drop(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(closep) int tmp = -1;
    return dir_open("/tmp", &tmp, &err) && tree_remove(tmp, home + strlen("/tmp/"), &err) ? 0 : -1;
}

static const char *in_home(const char *path, struct arena *arena)
{
    return arena_printf(arena, "%s/%s", home, path);
}

static void only_the_folders_of_agents_are_places(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool ok;
    } cases[] = {
        { ".claude/settings.json", true },
        { ".claude.json", true },
        { ".codex/a/b/c", true },
        { ".config/opencode/x", true },
        { ".config/nono/profile-drafts/x", true },
        { ".claude", false },
        { ".claude2/x", false },
        { ".claude.json/x", false },
        { ".bashrc", false },
        { ".ssh/authorized_keys", false },
        { ".config/nono/profiles/x.json", false },
        { ".config/nono/packages/a/b", false },
        { ".config/nono/config.toml", false },
        { ".claude/../.bashrc", false },
        { ".claude/./x", false },
        { ".claude//x", false },
        { ".claude/x/", false },
        { ".claude/a\nb", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct place place;
        struct error err;
        bool ok = place_find(&folders, NULL, in_home(cases[i].path, arena), arena, &place, &err);
        if (ok != cases[i].ok)
            fail_msg("%s: %d", cases[i].path, ok);
    }
}

static void the_user_may_allow_more(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *const extra[] = { in_home(".mine", arena), NULL };
    struct place place;
    const char *path = in_home(".mine/x", arena);
    assert_fails(place_find(&folders, NULL, path, arena, &place, &err), DENIED);
    assert_ok(place_find(&folders, extra, path, arena, &place, &err));
    assert_string_equal(place.root, home);
    assert_string_equal(place.relative, ".mine/x");
}

static void variables_are_replaced_and_unknown_ones_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct variables variables = { &folders, "acme", "web", "/p", "NOW" };
    const char *out;
    assert_ok(variables_expand(&variables, "$HOME/$NS-$PLUGIN $x $$ $1 a$", arena, &out, &err));
    assert_string_equal(out, arena_printf(arena, "%s/acme-web $x $$ $1 a$", home));
    assert_fails(variables_expand(&variables, "$NOPE", arena, &out, &err), INVALID);
    assert_fails(variables_expand(&variables, "$PATH", arena, &out, &err), INVALID);
}

static void a_way_through_a_link_is_refused(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    assert_int_equal(mkdir(in_home(".claude", arena), 0755), 0);
    assert_int_equal(symlink("/etc", in_home(".claude/link", arena)), 0);
    struct plan *plan = plan_new(&folders, NULL, arena);
    struct node node;
    assert_fails(plan_get(plan, in_home(".claude/link/passwd", arena), &node, &err), DENIED);

    /* and through one that the plan itself makes */
    const struct node link = { .kind = NODE_LINK, .target = "/etc" };
    const struct node file = { .kind = NODE_FILE, .bytes = "", .mode = 0644 };
    assert_ok(plan_put(plan, in_home(".codex/link", arena), &link, &err));
    assert_fails(plan_put(plan, in_home(".codex/link/x", arena), &file, &err), DENIED);
    assert_ok(plan_put(plan, in_home(".codex/file", arena), &file, &err));
    assert_fails(plan_put(plan, in_home(".codex/file/x", arena), &file, &err), CONFLICT);
    struct list made = plan_made_folders(plan);
    assert_int_equal(made.count, 1);
}

static void what_is_put_back_is_no_change(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct plan *plan = plan_new(&folders, NULL, arena);
    const char *path = in_home(".codex/a/b", arena);
    const struct node file = { .kind = NODE_FILE, .bytes = "x", .len = 1, .mode = 0644 };
    struct node now;
    assert_ok(plan_get(plan, path, &now, &err));
    assert_int_equal(now.kind, NODE_ABSENT);
    assert_ok(plan_put(plan, path, &file, &err));
    assert_int_equal(plan_changes(plan).count, 3); /* two folders and the file */
    assert_ok(plan_put(plan, path, &now, &err));
    assert_int_equal(plan_changes(plan).count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_folders_of_agents_are_places),
        cmocka_unit_test(the_user_may_allow_more),
        cmocka_unit_test(variables_are_replaced_and_unknown_ones_refused),
        cmocka_unit_test(a_way_through_a_link_is_refused),
        cmocka_unit_test(what_is_put_back_is_no_change),
    };
    return cmocka_run_group_tests_name("client/install/places", tests, home_make, home_drop);
}
