/* Without a keyring: the file. tests/e2e/test_key.py has the keyring. */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/secret/secret.h"
#include "lib/base/files.h"

static const struct secret_name one = { "token", "https://one.example" };
static const struct secret_name two = { "token", "https://two.example" };
static char folder[] = "/tmp/nono-secret-XXXXXX";

static int folder_make(void **state)
{
    (void)state;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): no thread yet */
    return unsetenv("DBUS_SESSION_BUS_ADDRESS") || unsetenv("XDG_RUNTIME_DIR") || !mkdtemp(folder);
}

static int folder_remove(void **state)
{
    (void)state;
    struct error err;
    CLEANUP(closep) int dir = -1;
    return !dir_open("/tmp", &dir, &err) || !tree_remove(dir, folder + strlen("/tmp/"), &err);
}

static void expect(const struct secret_name *name, const char *secret)
{
    struct buf found;
    enum secret_place place = SECRET_IN_KEYRING;
    buf_init(&found, LIMIT_SECRET_BYTES);
    assert_ok(secret_find(folder, name, &found, &place, &err));
    assert_int_equal(place, secret ? SECRET_IN_FILE : SECRET_NOWHERE);
    if (secret)
        assert_string_equal(found.data, secret);
    buf_wipe(&found);
}

static void save(const struct secret_name *name, const char *secret)
{
    enum secret_place place = SECRET_NOWHERE;
    assert_ok(secret_save(folder, name, secret, &place, &err));
    assert_int_equal(place, SECRET_IN_FILE);
}

static void secrets_are_kept_apart_and_forgotten(void **state)
{
    (void)state;
    expect(&one, NULL);
    assert_ok(secret_remove(folder, &one, &err));
    save(&one, "first");
    save(&two, "second");
    save(&one, "third");
    expect(&one, "third");
    expect(&two, "second");
    assert_ok(secret_remove(folder, &one, &err));
    expect(&one, NULL);
    expect(&two, "second");
}

static void a_file_that_others_can_read_is_refused(void **state)
{
    (void)state;
    char path[128];
    struct stat st;
    struct buf found;
    enum secret_place place;
    save(&one, "first");
    (void)snprintf(path, sizeof(path), "%s/credentials.json", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chmod(path, 0604), 0);
    buf_init(&found, LIMIT_SECRET_BYTES);
    assert_fails(secret_find(folder, &one, &found, &place, &err), DENIED);
    assert_fails(secret_save(folder, &one, "x", &place, &err), DENIED);
    assert_fails(secret_remove(folder, &one, &err), DENIED);
    assert_int_equal(chmod(path, 0600), 0);
    expect(&one, "first");
}

static void a_secret_has_a_limit(void **state)
{
    (void)state;
    char text[LIMIT_SECRET_BYTES + 2];
    enum secret_place place;
    memset(text, 'x', sizeof(text));
    text[LIMIT_SECRET_BYTES] = '\0';
    save(&two, text);
    expect(&two, text);
    text[LIMIT_SECRET_BYTES] = 'x';
    text[LIMIT_SECRET_BYTES + 1] = '\0';
    assert_fails(secret_save(folder, &two, text, &place, &err), TOO_LARGE);
}

/* A sandbox that hides the file hides this one, whatever is in it later. */
static void the_file_stays_the_same_file(void **state)
{
    (void)state;
    char path[128];
    struct stat before, after;
    save(&one, "a long one, so that the file gets shorter later");
    (void)snprintf(path, sizeof(path), "%s/credentials.json", folder);
    assert_int_equal(stat(path, &before), 0);
    save(&one, "short");
    expect(&one, "short");
    save(&two, "and longer again, with another secret");
    assert_ok(secret_remove(folder, &one, &err));
    expect(&one, NULL);
    expect(&two, "and longer again, with another secret");
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
}

static void file_write(const char *name, const char *text)
{
    CLEANUP(closep) int dir = -1;
    assert_ok(dir_open(folder, &dir, &err));
    assert_ok(file_replace(dir, name, text, strlen(text), 0600, &err));
}

/* As a power cut can leave them: what was written first is whole, the file itself is not. */
static void a_write_that_was_cut_off_is_taken_up(void **state)
{
    (void)state;
    char keys[128], left[160];
    (void)snprintf(keys, sizeof(keys), "%s/keys", folder);
    (void)snprintf(left, sizeof(left), "%s/credentials.json", keys);
    save(&one, "old");
    save(&two, "other");
    CLEANUP(closep) int dir = -1;
    assert_ok(dir_open(keys, &dir, &err));
    const char *whole =
        "{\"token https://one.example\": \"new\", \"token https://two.example\": \"other\"}";
    assert_ok(file_replace(dir, "credentials.json", whole, strlen(whole), 0600, &err));
    file_write("credentials.json", "{\"token https://one.exa");
    expect(&one, "new");
    expect(&two, "other");
    save(&two, "changed");
    assert_int_equal(access(left, F_OK), -1);
    expect(&one, "new");
    expect(&two, "changed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_kept_apart_and_forgotten),
        cmocka_unit_test(a_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_secret_has_a_limit),
        cmocka_unit_test(the_file_stays_the_same_file),
        cmocka_unit_test(a_write_that_was_cut_off_is_taken_up),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
