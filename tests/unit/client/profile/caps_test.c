/* From a resolved profile to a capability set. Profiles are written as data: what a reader made of
 * a document is lib/profile's own affair. */
/* USES lib/profile sandbox/policy */
#include "tests/support/test.h"

#include <string.h>

#include "client/profile/caps.h"

static const struct caps_options at_home = { .workdir = "/work" };

static struct list one_path(struct profile_path *path)
{
    return (struct list){ .items = path, .count = 1 };
}

/* Makes the set of a profile; the caller frees it. */
static struct nono_caps *made(const struct profile *profile, const struct caps_options *options,
                              struct caps_notes *notes)
{
    struct nono_caps *caps = NULL;
    assert_ok(caps_of_profile(profile, options, &caps, notes, &err));
    return caps;
}

static void what_may_be_read_may_be_run_unless_programs_are_listed(void **state)
{
    (void)state;
    struct profile_path path = { .path = "/usr", .access = PROFILE_READ };
    struct profile profile = { .grants = one_path(&path) };
    const char *const programs[] = { "/usr/bin/git", "/lib64/ld.so", NULL };
    struct caps_options options = { .workdir = "/work", .programs = programs };
    struct caps_notes notes;

    CLEANUP(caps_freep) struct nono_caps *open = made(&profile, &options, &notes);
    assert_int_equal(open->grants.count, 1);
    assert_int_equal(open->grants.items[0].access, NONO_READ | NONO_EXECUTE);
    assert_int_equal(open->grants.items[0].flags, NONO_OPTIONAL);

    profile.execute_listed = true;
    CLEANUP(caps_freep) struct nono_caps *listed = made(&profile, &options, &notes);
    assert_int_equal(listed->grants.count, 3);
    assert_int_equal(listed->grants.items[0].access, NONO_READ);
    assert_string_equal(listed->grants.items[2].path, "/lib64/ld.so");
    assert_int_equal(listed->grants.items[2].access, NONO_READ | NONO_EXECUTE);
}

static void what_a_user_names_must_exist(void **state)
{
    (void)state;
    struct profile_path path = { .path = "/data",
                                 .access = PROFILE_WRITE,
                                 .is_file = true,
                                 .origin = { .level = PROFILE_FROM_USER, .name = "--write-file" } };
    struct profile profile = { .grants = one_path(&path) };
    struct caps_notes notes;
    CLEANUP(caps_freep) struct nono_caps *caps = made(&profile, &at_home, &notes);
    assert_int_equal(caps->grants.items[0].flags, NONO_FILE);
    assert_string_equal(caps->grants.items[0].source, "--write-file");
    assert_int_equal(caps->grants.items[0].access, NONO_WRITE);
}

static void devices_may_be_controlled_where_they_are_granted(void **state)
{
    (void)state;
    struct profile_path path = { .path = "/dev/null", .access = PROFILE_READ | PROFILE_WRITE };
    struct profile profile = { .grants = one_path(&path) };
    struct caps_notes notes;
    CLEANUP(caps_freep) struct nono_caps *caps = made(&profile, &at_home, &notes);
    assert_true(caps->grants.items[0].access & NONO_DEVICE);
}

static void denies_are_kept_and_patterns_left_to_their_matches(void **state)
{
    (void)state;
    struct profile_path denies[] = {
        { .path = "/home/me/.ssh", .access = PROFILE_READ | PROFILE_WRITE },
        { .path = "/tree/**/.env", .access = PROFILE_READ, .is_glob = true },
    };
    struct profile profile = { .denies = { denies, COUNT(denies) } };
    struct caps_notes notes;
    CLEANUP(caps_freep) struct nono_caps *caps = made(&profile, &at_home, &notes);
    assert_int_equal(caps->denies.count, 1);
    assert_int_equal(caps->denies.items[0].access, NONO_ALL);
}

static void the_working_folder_needs_consent(void **state)
{
    (void)state;
    struct profile profile = { .workdir = PROFILE_WORKDIR_READWRITE };
    struct caps_notes notes;
    CLEANUP(caps_freep) struct nono_caps *without = made(&profile, &at_home, &notes);
    assert_int_equal(without->grants.count, 0);
    assert_true(notes.workdir_wanted);

    struct caps_options agreed = { .workdir = "/work", .allow_workdir = true };
    CLEANUP(caps_freep) struct nono_caps *with = made(&profile, &agreed, &notes);
    assert_int_equal(with->grants.items[0].access, NONO_READ | NONO_WRITE | NONO_EXECUTE);
    assert_false(notes.workdir_wanted);

    profile.workdir = PROFILE_WORKDIR_NONE;
    CLEANUP(caps_freep) struct nono_caps *asked = made(&profile, &agreed, &notes);
    assert_int_equal(asked->grants.items[0].access, NONO_READ | NONO_EXECUTE);
}

static void networks_are_what_the_profile_says(void **state)
{
    (void)state;
    struct profile_host hosts[] = { { .host = "example.org", .port = 8443 },
                                    { .host = "*.a.org" } };
    struct profile profile = { .network = PROFILE_NETWORK_HOSTS,
                               .allow_hosts = { hosts, COUNT(hosts) },
                               .deny_cloud_metadata = true };
    struct caps_notes notes;
    CLEANUP(caps_freep) struct nono_caps *caps = made(&profile, &at_home, &notes);
    assert_int_equal(caps->network, NONO_NETWORK_PROXY);
    assert_string_equal(caps->allowed.items[0], "example.org:8443");
    assert_string_equal(caps->allowed.items[1], "*.a.org");

    profile.network_blocked = true;
    CLEANUP(caps_freep) struct nono_caps *blocked = made(&profile, &at_home, &notes);
    assert_int_equal(blocked->network, NONO_NETWORK_BLOCKED);
}

static void what_cannot_be_held_is_refused(void **state)
{
    (void)state;
    struct profile_path socket = { .path = "/run/x", .access = PROFILE_CONNECT };
    struct profile_host endpoint = { .host = "example.org", .path = "/v1/*" };
    struct profile_host host = { .host = "example.org" };
    struct profile_host method = { .host = "example.org", .method = "GET" };
    struct profile_port port = { 80, 80, { .name = "--open-port" } };
    struct profile_note note = { "credentials.proxy_mode", "not yet", { .name = "p" } };
    const struct profile profiles[] = {
        { .grants = one_path(&socket) },
        { .network = PROFILE_NETWORK_HOSTS, .allow_hosts = { &endpoint, 1 } },
        { .network = PROFILE_NETWORK_HOSTS, .allow_hosts = { &method, 1 } },
        { .connect_ports = { &port, 1 } },
        { .localhost_ports = { &port, 1 } },
        { .listen_ports = { &port, 1 } },
        { .network = PROFILE_NETWORK_OPEN, .deny_cloud_metadata = true },
        { .network = PROFILE_NETWORK_OPEN, .deny_hosts = { &host, 1 } },
        { .unsupported = { &note, 1 } },
    };
    struct nono_caps *caps;
    struct caps_notes notes;
    for (size_t i = 0; i < COUNT(profiles); i++)
        assert_fails(caps_of_profile(&profiles[i], &at_home, &caps, &notes, &err), UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_be_read_may_be_run_unless_programs_are_listed),
        cmocka_unit_test(what_a_user_names_must_exist),
        cmocka_unit_test(devices_may_be_controlled_where_they_are_granted),
        cmocka_unit_test(denies_are_kept_and_patterns_left_to_their_matches),
        cmocka_unit_test(the_working_folder_needs_consent),
        cmocka_unit_test(networks_are_what_the_profile_says),
        cmocka_unit_test(what_cannot_be_held_is_refused),
    };
    return cmocka_run_group_tests_name("client/profile/caps", tests, NULL, NULL);
}
