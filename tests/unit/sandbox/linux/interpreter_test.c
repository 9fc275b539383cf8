#include "tests/support/test.h"

#include <elf.h>
#include <string.h>

#include "lib/base/record.h"
#include "sandbox/linux/interpreter.h"

static void scripts_name_their_interpreter(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected; /* NULL: malformed */
    } cases[] = {
        { "#!/bin/sh\necho", "/bin/sh" },
        { "#! /usr/bin/env python3\n", "/usr/bin/env" },
        { "#!\t/bin/sh -e\n", "/bin/sh" },
        { "#!/bin/sh", "/bin/sh" },
        { "#!\n", NULL },
        { "#!", NULL },
        { "echo", "" },
        { "", "" },
        { "\177ELF", NULL },
    };
    char out[PATH_MAX];
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool ok = interpreter_of((const unsigned char *)cases[i].text, strlen(cases[i].text), out);
        assert_int_equal(ok, cases[i].expected != NULL);
        if (ok)
            assert_string_equal(out, cases[i].expected);
    }
}

static void a_name_that_the_kernel_would_cut_is_refused(void **state)
{
    (void)state;
    char text[400], out[PATH_MAX];
    memset(text, 'a', sizeof(text));
    memcpy(text, "#!/", 3);
    assert_false(interpreter_of((const unsigned char *)text, sizeof(text), out));
    text[200] = '\n';
    assert_true(interpreter_of((const unsigned char *)text, sizeof(text), out));
}

static void programs_name_theirs(void **state)
{
    (void)state;
    char out[PATH_MAX];
    bool is_program = false;
    assert_ok(interpreter_find("/bin/sh", out, &is_program, &err));
    assert_true(is_program && out[0] == '/' && strstr(out, "ld-"));
    assert_ok(interpreter_find("/etc/passwd", out, &is_program, &err));
    assert_true(!is_program && !out[0]);
    assert_fails(interpreter_find("/nowhere", out, &is_program, &err), NOT_FOUND);
}

static void broken_programs_are_refused(void **state)
{
    (void)state;
    struct {
        Elf64_Ehdr header;
        Elf64_Phdr program;
        char text[8];
    } file = { .header = { .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1 } };
    char out[PATH_MAX];
    memcpy(file.header.e_ident, ELFMAG, SELFMAG);
    file.header.e_ident[EI_CLASS] = ELFCLASS64;
    file.header.e_phoff = offsetof(__typeof__(file), program);
    file.program = (Elf64_Phdr){ .p_type = PT_INTERP,
                                 .p_offset = offsetof(__typeof__(file), text),
                                 .p_filesz = 8 };
    memcpy(file.text, "/ld.so", 7);
    const unsigned char *bytes = (const unsigned char *)&file;
    assert_true(interpreter_of(bytes, sizeof(file), out));
    assert_string_equal(out, "/ld.so");
    assert_false(interpreter_of(bytes, sizeof(file) - 4, out));
    file.program.p_offset = UINT64_MAX - 2;
    assert_false(interpreter_of(bytes, sizeof(file), out));
    file.header.e_phnum = 60000;
    assert_false(interpreter_of(bytes, sizeof(file), out));
    file.header.e_ident[EI_CLASS] = ELFCLASS32;
    assert_false(interpreter_of(bytes, sizeof(file), out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts_name_their_interpreter),
        cmocka_unit_test(a_name_that_the_kernel_would_cut_is_refused),
        cmocka_unit_test(programs_name_theirs),
        cmocka_unit_test(broken_programs_are_refused),
    };
    return cmocka_run_group_tests_name("sandbox/linux/interpreter", tests, NULL, NULL);
}
