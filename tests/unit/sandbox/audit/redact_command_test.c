#include "tests/support/test.h"

#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "sandbox/audit/redact.h"

#define GONE REDACTED

static const char *joined(const struct doc *list, struct arena *arena)
{
    const char *text = "";
    DOC_FOREACH (list, item)
        text = arena_printf(arena, "%s|%s", text, item->text);
    return text;
}

static void command_loses_the_values_of_flags(void **state)
{
    (void)state;
    static const char *const command[] = { "x",  "--token", "abc", "-u", "me:pw", "-u",
                                           "me", "--auth",  "y",   "z",  NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t cut = 1;
    assert_string_equal(joined(redact_command(command, arena, &cut), arena),
                        "|x|--token|" GONE "|-u|me:" GONE "|-u|me|--auth|" GONE "|z");
    assert_int_equal(cut, 0);
}

static void command_keeps_the_addresses_behind_u(void **state)
{
    (void)state;
    static const char *const command[] = {
        "x", "-u", "https://h/p", "-u", "https://a:pw@h/", NULL
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t cut;
    assert_string_equal(joined(redact_command(command, arena, &cut), arena),
                        "|x|-u|https://h/p|-u|https://a:" GONE "@h/");
}

static const char *script_of(const char *flag, const char *script, struct arena *arena)
{
    const char *const command[] = { "sh", flag, script, NULL };
    size_t cut;
    return redact_command(command, arena, &cut)->last->text;
}

/* What is hidden, and that nothing else is. */
static void script_loses_values_and_keeps_commands(void **state)
{
    (void)state;
    static const struct {
        const char *script, *expected;
    } cases[] = {
        { "X_TOKEN=1 rm -rf /data", "X_TOKEN=" GONE " rm -rf /data" },
        { "PGPASSWORD=abc psql", "PGPASSWORD=" GONE " psql" },
        { "X_TOKEN=1;rm x&&X_TOKEN=2|rm y", "X_TOKEN=" GONE ";rm x&&X_TOKEN=" GONE "|rm y" },
        { "X_TOKEN='a b' rm x", "X_TOKEN=" GONE " rm x" },
        { "X_TOKEN=a\\ b rm x", "X_TOKEN=" GONE " rm x" },
        { "X_TOKEN=a\"b c\"'d e'f rm x", "X_TOKEN=" GONE " rm x" },
        { "X_TOKEN=\"a\\\" b\" rm x", "X_TOKEN=" GONE " rm x" },
        { "X_TOKEN=$'a\\' b' rm x", "X_TOKEN=" GONE " rm x" },
        { "X_TOKEN=$(rm x) rm y", "X_TOKEN=$(rm x) rm y" },
        { "X_TOKEN=\"a$(rm x)\" rm y", "X_TOKEN=" GONE "$(rm x)\" rm y" },
        { "X_TOKEN=`rm x` rm y", "X_TOKEN=`rm x` rm y" },
        { "export \"MY_TOKEN=a b\" c", "export \"MY_TOKEN=" GONE "\" c" },
        { "x --token a b", "x --token " GONE " b" },
        { "x --token 'a b' c", "x --token '" GONE "' c" },
        { "x --token \\\n  abc y", "x --token \\\n  " GONE " y" },
        { "x --token; rm y", "x --token; rm y" },
        { "x --token\nrm y", "x --token\nrm y" },
        { "curl -u me:abc x", "curl -u me:" GONE " x" },
        { "curl -u \"me:a b\" x", "curl -u \"me:" GONE "\" x" },
        { "curl -ume:abc x", "curl -ume:" GONE " x" },
        { "curl -H 'Cookie: a=b; c=d' x", "curl -H 'Cookie: " GONE "' x" },
        { "curl -H'Authorization: Bearer abc' x", "curl -H'Authorization: " GONE "' x" },
        { "bash -c 'X_TOKEN=1 rm x' y", "bash -c 'X_TOKEN=" GONE " rm x' y" },
        { "bash -c \"X_TOKEN='a b' rm x\"; y", "bash -c \"X_TOKEN=" GONE " rm x\"; y" },
        { "bash -c \"X_TOKEN=\\\"a b\\\" c\" y", "bash -c \"X_TOKEN=" GONE " c\" y" },
        { "eval 'X_TOKEN=1 rm x'", "eval 'X_TOKEN=" GONE " rm x'" },
        { "# don't\nX_TOKEN='a b' rm x", "# don't\nX_TOKEN=" GONE " rm x" },
        { "cat <<E\nCookie: a=b; c=d\nit's\nE\nX_TOKEN='a b' rm x",
          "cat <<E\nCookie: " GONE "\nit's\nE\nX_TOKEN=" GONE " rm x" },
        { "cat <<-'E' >f\n-----BEGIN PRIVATE KEY-----\na b\n-----END PRIVATE KEY-----\n\tE\nrm x",
          "cat <<-'E' >f\n" GONE "\n\tE\nrm x" },
        { "sh <<E\nX_TOKEN=1 rm x", "sh <<E\nX_TOKEN=" GONE " rm x" },
        { "cat <<<E\nX_TOKEN='a b' rm x", "cat <<<E\nX_TOKEN=" GONE " rm x" },
        { "echo 'a b' \"$x\" # done", "echo 'a b' \"$x\" # done" },
        { "x --token ", "x --token " },
        { "", "" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        assert_string_equal(script_of("-c", cases[i].script, arena), cases[i].expected);
    }
}

static void some_programs_have_a_password_behind_p(void **state)
{
    (void)state;
    static const struct {
        const char *script, *expected;
    } cases[] = {
        { "mysql -pabc db", "mysql -p" GONE " db" },
        { "mysql -uroot -h db -pa;b rm", "mysql -uroot -h db -p" GONE ";b rm" },
        { "/usr/bin/mysqldump -pabc db >f", "/usr/bin/mysqldump -p" GONE " db >f" },
        { "mariadb-admin -p'a b' status", "mariadb-admin -p" GONE " status" },
        { "\\mysql '-pa b' x", "\\mysql '-p" GONE "' x" },
        { "mysqlsh -NBpabc x", "mysqlsh -NBp" GONE " x" },
        { "X=1 sudo -E nice mysqladmin -p\"$P\" x", "X=1 sudo -E nice mysqladmin -p" GONE " x" },
        { "docker exec -it db mysql -pabc", "docker exec -it db mysql -p" GONE },
        { "ssh h 'sudo mysql -pabc x'", "ssh h 'sudo mysql -p" GONE " x'" },
        { "ssh h 'x; \"mysql\" -p\"a b\" x'", "ssh h 'x; \"mysql\" -p" GONE " x'" },
        { "mysql <f 2>&1 -pabc", "mysql <f 2>&1 -p" GONE },
        { "mysql -h $(a | b) -pabc x", "mysql -h $(a | b) -p" GONE " x" },
        { "mysql -u \"$(whoami)\" -pabc x", "mysql -u \"$(whoami)\" -p" GONE " x" },
        { "mysql \\\n  -pabc", "mysql \\\n  -p" GONE },
        { "x=$(mysql -pabc); y", "x=$(mysql -p" GONE "); y" },
        { "sh -c 'mysql -pabc; mkdir -pv x'", "sh -c 'mysql -p" GONE "; mkdir -pv x'" },
        { "sshpass -pabc ssh -p22 h", "sshpass -p" GONE " ssh -p22 h" },
        { "sshpass -p abc ssh -p 22 h", "sshpass -p " GONE " ssh -p 22 h" },
        { "sshpass -v -P x -p 'a b' ssh h", "sshpass -v -P x -p '" GONE "' ssh h" },
        { "sshpass -p mysql ssh -p22 h", "sshpass -p " GONE " ssh -p22 h" },
        { "ssh a \"sshpass -p %b ssh -p 22 h\"", "ssh a \"sshpass -p " GONE " ssh -p 22 h\"" },

        { "sshpass -e ssh -p 22 h", "sshpass -e ssh -p 22 h" },
        { "sshpass -f /f scp -p22 h", "sshpass -f /f scp -p22 h" },
        { "mysql -p db", "mysql -p db" },
        { "mysql -P3306 --port=3306 --protocol tcp", "mysql -P3306 --port=3306 --protocol tcp" },
        { "mkdir -pv a/b", "mkdir -pv a/b" },
        { "mysql -e x; mkdir -pv a", "mysql -e x; mkdir -pv a" },
        { "mysql x | tee -pv a && cp -pr b c", "mysql x | tee -pv a && cp -pr b c" },
        { "mysql x\ncp -pr b c", "mysql x\ncp -pr b c" },
        { "sudo -u mysql mkdir -pv a", "sudo -u mysql mkdir -pv a" },
        { "x mysql.cnf -pv mysql/ -pv my-mysql -pv", "x mysql.cnf -pv mysql/ -pv my-mysql -pv" },
        { "(cd mysql; cp -pr b c) && cp -pr b c", "(cd mysql; cp -pr b c) && cp -pr b c" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        assert_string_equal(script_of("-c", cases[i].script, arena), cases[i].expected);
    }
}

static void command_loses_the_passwords_of_programs(void **state)
{
    (void)state;
    static const char *const mysql[] = { "sudo", "/usr/bin/mysql", "-p a b", "-e", "x -py", "-p",
                                         NULL };
    static const char *const sshpass[] = { "sshpass", "-p", "a b", "ssh", "-p", "22", "-pv", NULL };
    static const char *const mkdir[] = { "mkdir", "-p", "a", "-pv", NULL };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t cut;
    assert_string_equal(joined(redact_command(mysql, arena, &cut), arena),
                        "|sudo|/usr/bin/mysql|-p" GONE "|-e|x -py|-p");
    assert_string_equal(joined(redact_command(sshpass, arena, &cut), arena),
                        "|sshpass|-p|" GONE "|ssh|-p|22|-pv");
    assert_string_equal(joined(redact_command(mkdir, arena, &cut), arena), "|mkdir|-p|a|-pv");
}

static void script_is_the_argument_of_a_flag_with_c(void **state)
{
    (void)state;
    static const char script[] = "X_TOKEN=1 rm x";
    static const char *const flags[] = { "-c", "-lc", "-ec", "-cx", "--command" };
    static const char *const others[] = { "-e", "-l", "x", "--color", "--", "-C2c" };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(flags); i++)
        assert_string_equal(script_of(flags[i], script, arena), "X_TOKEN=" GONE " rm x");
    for (size_t i = 0; i < COUNT(others); i++)
        assert_string_equal(script_of(others[i], script, arena), "X_TOKEN=" GONE);

    static const char *const behind[] = { "sh", "-c", "--", script, NULL };
    size_t cut;
    assert_string_equal(redact_command(behind, arena, &cut)->last->text, "X_TOKEN=" GONE " rm x");
}

static void script_in_scripts_without_end_is_one_text(void **state)
{
    (void)state;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *script = "eval eval eval eval eval eval X_TOKEN=1";
    assert_string_equal(script_of("-c", script, arena),
                        "eval eval eval eval eval eval X_TOKEN=" GONE);
}

static void command_is_bounded_and_utf8(void **state)
{
    (void)state;
    static char word[2 * LIMIT_AUDIT_WORD_BYTES];
    memset(word, 'x', sizeof(word) - 1);
    word[LIMIT_AUDIT_WORD_BYTES - 1] = '\xc3'; /* a letter across the limit */
    word[LIMIT_AUDIT_WORD_BYTES] = '\xa4';
    const char *command[21] = { "a\xff" };
    for (size_t i = 1; i < 20; i++)
        command[i] = word;

    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t cut = 0;
    struct doc *list = redact_command(command, arena, &cut);
    assert_string_equal(list->first->text, "a\\xff");
    assert_int_equal(list->count + cut, 20);
    assert_int_equal(list->count, 8);
    DOC_FOREACH (list, item)
        assert_true(text_is_utf8(item->text, item->len));
    assert_true(text_ends(list->last->text, "x[CUT]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command_loses_the_values_of_flags),
        cmocka_unit_test(command_keeps_the_addresses_behind_u),
        cmocka_unit_test(script_loses_values_and_keeps_commands),
        cmocka_unit_test(some_programs_have_a_password_behind_p),
        cmocka_unit_test(command_loses_the_passwords_of_programs),
        cmocka_unit_test(script_is_the_argument_of_a_flag_with_c),
        cmocka_unit_test(script_in_scripts_without_end_is_one_text),
        cmocka_unit_test(command_is_bounded_and_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
