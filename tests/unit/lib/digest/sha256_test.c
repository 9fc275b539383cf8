#include "tests/support/test.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/digest/sha256.h"

static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

static void digests_are_those_of_fips_180(void **state)
{
    (void)state;
    char text[SHA256_TEXT];
    sha256_hex("abc", 3, text);
    assert_string_equal(text, abc);
    sha256_hex("", 0, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(sha256_is_text(text));
    text[0] = 'E';
    assert_false(sha256_is_text(text));
    assert_false(sha256_is_text("e3"));
}

static void a_file_has_the_digest_of_its_bytes(void **state)
{
    (void)state;
    CLEANUP(closep) int fd = memfd_create("abc", MFD_CLOEXEC);
    char text[SHA256_TEXT];
    uint64_t size;
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_ok(sha256_file(fd, text, &size, &err));
    assert_string_equal(text, abc);
    assert_int_equal(size, 3);
    assert_fails(sha256_file(-1, text, NULL, &err), INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_fips_180),
        cmocka_unit_test(a_file_has_the_digest_of_its_bytes),
    };
    return cmocka_run_group_tests_name("lib/digest/sha256", tests, NULL, NULL);
}
