/* Plans and questions over a made-up file system: a table of names instead of the real one. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/record.h"
#include "sandbox/policy/plan.h"
#include "sandbox/policy/query.h"

/* path: what it is; links lead to `to` and are crossed in their folder. */
static const struct fake {
    const char *path;
    ino_t inode;
    bool is_dir;
    const char *to;
} files[] = {
    { "/", 1, true, NULL },
    { "/ws", 2, true, NULL },
    { "/ws/.env", 3, false, NULL },
    { "/ws/.git", 4, true, NULL },
    { "/ws/.git/hooks", 5, true, NULL },
    { "/ws/src", 6, true, NULL },
    { "/ws-secret", 7, true, NULL },
    { "/home", 8, true, NULL },
    { "/home/key", 9, false, NULL },
    { "/ws/cache", 0, true, "/home" }, /* what a program may have left behind */
    { "/link", 0, true, "/ws" },       /* what a user keeps */
    { "/ws/twin", 9, false, NULL },    /* a second name of /home/key */
};

static const struct fake *fake_find(const char *path)
{
    for (size_t i = 0; i < COUNT(files); i++)
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    return NULL;
}

static bool fake_resolve(void *context, const char *path, struct arena *arena,
                         struct path_found *out, struct error *err)
{
    (void)context, (void)err;
    const struct fake *file = fake_find(path);
    *out = (struct path_found){ .fd = -1, .known = 1 };
    if (file && file->to) {
        char folder[64];
        size_t len = (size_t)(strrchr(path, '/') - path);
        (void)snprintf(folder, sizeof(folder), "%.*s", len ? (int)len : 1, path);
        out->crossed = ARENA_NEW(arena, struct path_crossed);
        out->crossed[0].folder = arena_strndup(arena, folder, strlen(folder));
        out->crossed[0].by_link = true;
        out->crossed_count = 1;
        path = file->to;
        file = fake_find(path);
    }
    out->path = arena_strndup(arena, path, strlen(path));
    out->exists = file != NULL;
    if (file) {
        out->known = strlen(path);
        out->id = (struct path_id){ .dev = 1, .ino = file->inode };
        out->is_dir = file->is_dir;
        out->links = 1;
    }
    return true;
}

static bool fake_identify(void *context, const char *path, struct path_id *out)
{
    (void)context;
    const struct fake *file = fake_find(path);
    if (file)
        *out = (struct path_id){ .dev = 1, .ino = file->inode };
    return file != NULL;
}

static bool fake_list(void *context, const char *path, bool (*entry)(void *data, const char *name),
                      void *data, struct error *err)
{
    (void)context, (void)err;
    for (size_t i = 0; i < COUNT(files); i++)
        if (path_below(files[i].path, path) && !strchr(files[i].path + strlen(path) + 1, '/') &&
            !entry(data, files[i].path + strlen(path) + 1))
            return false;
    return true;
}

static const struct path_ops ops = {
    .resolve = fake_resolve, .look = fake_resolve, .identify = fake_identify, .list = fake_list
};

struct fixture {
    struct nono_caps *caps;
    struct plan plan;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture->caps = caps_new();
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    plan_clear(&fixture->plan);
    caps_free(fixture->caps);
    free(fixture);
    return 0;
}

static void allow(struct fixture *fixture, const char *path, unsigned access)
{
    assert_ok(caps_allow(fixture->caps, path, access, 0, "test", &err));
}

static void deny(struct fixture *fixture, const char *path, unsigned access)
{
    assert_ok(caps_deny(fixture->caps, path, access, "test", &err));
}

static struct query_result ask(const struct fixture *fixture, const char *path, unsigned access)
{
    struct query_result result;
    assert_ok(query_path(&fixture->plan, &ops, path, access, &result, &err));
    return result;
}

static void nothing_is_allowed_by_an_empty_set(void **state)
{
    struct fixture *fixture = *state;
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    struct query_result result = ask(fixture, "/ws/src", NONO_READ);
    assert_false(result.allowed);
    assert_int_equal(result.reason, NONO_REASON_PATH_NOT_GRANTED);
    assert_ok(query_host(fixture->caps, "example.org", 0, &result, &err));
    assert_int_equal(result.reason, NONO_REASON_NETWORK_BLOCKED);
}

static void a_grant_covers_what_is_below_by_components(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws", NONO_READ);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    static const struct {
        const char *path;
        unsigned access;
        bool allowed;
        enum nono_reason reason;
    } cases[] = {
        { "/ws", NONO_READ, true, NONO_REASON_GRANTED_PATH },
        { "/ws/.git/hooks", NONO_READ, true, NONO_REASON_GRANTED_PATH },
        { "/ws/not/there", NONO_READ, true, NONO_REASON_GRANTED_PATH },
        { "/ws/src", NONO_WRITE, false, NONO_REASON_INSUFFICIENT_ACCESS },
        { "/ws-secret", NONO_READ, false, NONO_REASON_PATH_NOT_GRANTED },
        { "/", NONO_READ, false, NONO_REASON_PATH_NOT_GRANTED },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct query_result result = ask(fixture, cases[i].path, cases[i].access);
        assert_int_equal(result.allowed, cases[i].allowed);
        assert_int_equal(result.reason, cases[i].reason);
    }
}

static void grants_above_and_below_unite(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws", NONO_READ);
    allow(fixture, "/ws/src", NONO_WRITE);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    struct query_result result = ask(fixture, "/ws/src", NONO_READ | NONO_WRITE);
    assert_true(result.allowed);
    assert_int_equal(result.reason, NONO_REASON_GRANTED_PATH_UNION);
    assert_false(ask(fixture, "/ws", NONO_READ | NONO_WRITE).allowed);
}

static void a_missing_grant_fails_unless_it_is_optional(void **state)
{
    struct fixture *fixture = *state;
    assert_ok(caps_allow(fixture->caps, "/absent", NONO_READ, NONO_OPTIONAL, "test", &err));
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    assert_int_equal(fixture->plan.skipped_count, 1);
    assert_int_equal(fixture->plan.node_count, 0); /* never its parent instead */
    plan_clear(&fixture->plan);
    allow(fixture, "/absent", NONO_READ);
    assert_fails(plan_make(fixture->caps, &ops, &fixture->plan, &err), NOT_FOUND);
}

static void a_folder_is_not_granted_as_a_file(void **state)
{
    struct fixture *fixture = *state;
    assert_ok(caps_allow(fixture->caps, "/ws", NONO_READ, NONO_FILE, "test", &err));
    assert_fails(plan_make(fixture->caps, &ops, &fixture->plan, &err), INVALID);
}

static void a_link_out_of_a_writable_tree_is_refused(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws/cache", NONO_READ);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err)); /* nobody may write there */
    plan_clear(&fixture->plan);
    allow(fixture, "/ws", NONO_READ | NONO_WRITE);
    assert_fails(plan_make(fixture->caps, &ops, &fixture->plan, &err), DENIED);
}

static void a_users_own_link_is_followed(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/link", NONO_READ | NONO_WRITE);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    assert_true(ask(fixture, "/ws/src", NONO_WRITE).allowed);
}

static void a_deny_beats_grants_above_and_below(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws", NONO_ALL);
    allow(fixture, "/ws/.git/hooks", NONO_READ);
    deny(fixture, "/ws/.git", NONO_ALL);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    assert_true(fixture->plan.has_overlap);
    assert_ok(plan_hold(&fixture->plan, PLAN_MOUNT, &ops, &err));
    struct query_result result = ask(fixture, "/ws/.git/hooks", NONO_READ);
    assert_false(result.allowed);
    assert_int_equal(result.reason, NONO_REASON_FILESYSTEM_DENY);
    assert_string_equal(result.path, "/ws/.git");
    assert_true(ask(fixture, "/ws/src", NONO_ALL).allowed);
}

static void folders_above_a_mount_are_pinned_where_they_could_be_renamed(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws", NONO_READ | NONO_WRITE);
    deny(fixture, "/ws/.git/hooks", NONO_WRITE);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    assert_ok(plan_hold(&fixture->plan, PLAN_MOUNT, &ops, &err));
    assert_int_equal(fixture->plan.pin_count, 1);
    assert_string_equal(fixture->plan.pins[0].path, "/ws/.git");
    assert_true(ask(fixture, "/ws/.git/hooks", NONO_READ).allowed);
    assert_false(ask(fixture, "/ws/.git/hooks", NONO_WRITE).allowed);
}

static void without_mounts_the_siblings_are_granted(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws", NONO_READ);
    deny(fixture, "/ws/.git/hooks", NONO_READ);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    assert_ok(plan_hold(&fixture->plan, PLAN_SPLIT, &ops, &err));
    static const struct {
        const char *path;
        bool allowed;
    } cases[] = {
        { "/ws/src", true },         { "/ws/.env", true },
        { "/ws/.git/hooks", false }, { "/ws", false },
        { "/ws/.git", false }, /* on the way: not listed */
        { "/ws/made-later", false },
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(ask(fixture, cases[i].path, NONO_READ).allowed, cases[i].allowed);
}

static void a_denied_file_is_not_reached_by_another_name(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws", NONO_READ);
    allow(fixture, "/home/key", NONO_READ);
    deny(fixture, "/ws/twin", NONO_ALL);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    assert_true(fixture->plan.has_overlap);
    assert_ok(plan_hold(&fixture->plan, PLAN_SPLIT, &ops, &err));
    assert_false(ask(fixture, "/home/key", NONO_READ).allowed);
    assert_false(ask(fixture, "/ws/twin", NONO_READ).allowed);
}

static void a_deny_apart_from_grants_needs_nothing(void **state)
{
    struct fixture *fixture = *state;
    allow(fixture, "/ws", NONO_READ);
    deny(fixture, "/home", NONO_ALL);
    deny(fixture, "/ws-secret", NONO_ALL);
    assert_ok(plan_make(fixture->caps, &ops, &fixture->plan, &err));
    assert_false(fixture->plan.has_overlap);
}

static void hosts_are_judged_by_the_proxys_rules(void **state)
{
    struct fixture *fixture = *state;
    fixture->caps->network = NONO_NETWORK_PROXY;
    assert_ok(caps_allow_host(fixture->caps, "*.example.org", &err));
    assert_ok(caps_deny_host(fixture->caps, "bad.example.org", &err));
    static const struct {
        const char *host;
        uint16_t port;
        bool allowed;
    } cases[] = {
        { "a.example.org", 0, true },      { "a.example.org", 443, true },
        { "a.example.org", 22, false },    { "example.org", 443, false },
        { "bad.example.org", 443, false }, { "example.com", 443, false },
        { "169.254.169.254", 80, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct query_result result;
        assert_ok(query_host(fixture->caps, cases[i].host, cases[i].port, &result, &err));
        assert_int_equal(result.allowed, cases[i].allowed);
    }
    struct query_result result;
    assert_fails(query_host(fixture->caps, "not a host", 0, &result, &err), INVALID);
}

static void sets_refuse_what_is_malformed(void **state)
{
    struct fixture *fixture = *state;
    assert_fails(caps_allow(fixture->caps, "", NONO_READ, 0, NULL, &err), INVALID);
    assert_fails(caps_allow(fixture->caps, "/x", 0, 0, NULL, &err), INVALID);
    assert_fails(caps_allow(fixture->caps, "/x", 64, 0, NULL, &err), INVALID);
    assert_fails(caps_allow(fixture->caps, "/x", NONO_READ, 64, NULL, &err), INVALID);
    assert_fails(caps_allow_host(fixture->caps, "http://x", &err), INVALID);
    for (int i = 0; i < CAPS_PATHS_MAX; i++)
        assert_ok(caps_deny(fixture->caps, "/x", NONO_READ, NULL, &err));
    assert_fails(caps_deny(fixture->caps, "/x", NONO_READ, NULL, &err), INVALID);
}

static void every_reason_has_a_name(void **state)
{
    (void)state;
    for (int reason = 0; reason <= NONO_REASON_SCOPE_ENFORCED; reason++)
        assert_non_null(query_reason_name(reason));
    assert_null(query_reason_name(-1));
    assert_null(query_reason_name(NONO_REASON_SCOPE_ENFORCED + 1));
}

#define WITH_PLAN(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PLAN(nothing_is_allowed_by_an_empty_set),
        WITH_PLAN(a_grant_covers_what_is_below_by_components),
        WITH_PLAN(grants_above_and_below_unite),
        WITH_PLAN(a_missing_grant_fails_unless_it_is_optional),
        WITH_PLAN(a_folder_is_not_granted_as_a_file),
        WITH_PLAN(a_link_out_of_a_writable_tree_is_refused),
        WITH_PLAN(a_users_own_link_is_followed),
        WITH_PLAN(a_deny_beats_grants_above_and_below),
        WITH_PLAN(folders_above_a_mount_are_pinned_where_they_could_be_renamed),
        WITH_PLAN(without_mounts_the_siblings_are_granted),
        WITH_PLAN(a_denied_file_is_not_reached_by_another_name),
        WITH_PLAN(a_deny_apart_from_grants_needs_nothing),
        WITH_PLAN(hosts_are_judged_by_the_proxys_rules),
        WITH_PLAN(sets_refuse_what_is_malformed),
        cmocka_unit_test(every_reason_has_a_name),
    };
    return cmocka_run_group_tests_name("sandbox/policy/plan", tests, NULL, NULL);
}
