#include <string.h>

#include "sandbox/audit/redact.h"

/*
 * Programs that take a password behind -p, in the same word. Where -p alone does not ask for it,
 * the next word is it.
 */
static const struct redact_program {
    const char *name;
    const char *valued; /* of a program that runs another, its flags that take the next word */
} programs[] = {
    { "mysql", NULL },
    { "mysql_secure_installation", NULL },
    { "mysql_upgrade", NULL },
    { "mysqlaccess", NULL },
    { "mysqladmin", NULL },
    { "mysqlbinlog", NULL },
    { "mysqlcheck", NULL },
    { "mysqldump", NULL },
    { "mysqlhotcopy", NULL },
    { "mysqlimport", NULL },
    { "mysqlpump", NULL },
    { "mysqlsh", NULL },
    { "mysqlshow", NULL },
    { "mysqlslap", NULL },
    { "mariabackup", NULL },
    { "mariadb", NULL },
    { "mariadb-access", NULL },
    { "mariadb-admin", NULL },
    { "mariadb-backup", NULL },
    { "mariadb-binlog", NULL },
    { "mariadb-check", NULL },
    { "mariadb-dump", NULL },
    { "mariadb-hotcopy", NULL },
    { "mariadb-import", NULL },
    { "mariadb-secure-installation", NULL },
    { "mariadb-show", NULL },
    { "mariadb-slap", NULL },
    { "mariadb-upgrade", NULL },
    { "sshpass", "pPfd" },
};

/* May stand before a p in one word: "-NBpx". None of them takes a value, of any of these. */
static const char switches[] = "ABCEfGHNnqstvX";

/* "sudo -u mysql mkdir" runs no mysql. */
static const char *const name_flags[] = { "-u", "--user", "-o", "--owner", "--name" };

static bool takes_name(const char *word, size_t len)
{
    for (size_t i = 0; i < COUNT(name_flags); i++)
        if (strlen(name_flags[i]) == len && memcmp(name_flags[i], word, len) == 0)
            return true;
    return false;
}

/* By its base name, in quotes or behind a backslash too. */
static const struct redact_program *program_find(const char *word, size_t len)
{
    while (len && strchr("\"'\\", word[len - 1]))
        len--;
    size_t from = len;
    while (from && !strchr("/\"'\\", word[from - 1]))
        from--;
    for (size_t i = 0; i < COUNT(programs); i++)
        if (strlen(programs[i].name) == len - from &&
            memcmp(programs[i].name, word + from, len - from) == 0)
            return &programs[i];
    return NULL;
}

/* Where the first letter of a word of flags stands that is no switch. */
static size_t letter_find(const char *word, size_t len)
{
    size_t at = 1;
    while (at < len && strchr(switches, word[at]))
        at++;
    return at;
}

void redact_place_word(struct redact_place *place, const char *word, size_t len)
{
    bool is_value = place->flag != '\0' || place->is_name;
    const struct redact_program *program = is_value ? NULL : program_find(word, len);
    place->flag = '\0';
    place->is_name = !is_value && takes_name(word, len);
    if (program)
        place->program = program;
    if (program || is_value || !place->program || !place->program->valued)
        return;
    size_t at = letter_find(word, len);
    if (word[0] != '-')
        place->program = NULL; /* what it runs begins here, with flags of its own */
    else if (at + 1 == len && strchr(place->program->valued, word[at]))
        place->flag = word[at];
}

/* ">&", "&>", ">|" */
static bool is_redirection(const char *gap, size_t len, size_t at)
{
    return (at > 0 && (gap[at - 1] == '>' || gap[at - 1] == '<')) ||
           (at + 1 < len && gap[at] == '&' && gap[at + 1] == '>');
}

void redact_place_gap(struct redact_place *place, const char *gap, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool joins = gap[i] == '\n' && i > 0 && gap[i - 1] == '\\';
        if (gap[i] == '(') {
            *place = (struct redact_place){ .outer = place->program };
        } else if (gap[i] == ')') {
            *place = (struct redact_place){ .program = place->outer };
        } else if (strchr(";&|\n", gap[i]) && !joins && !is_redirection(gap, len, i)) {
            *place = (struct redact_place){ .outer = place->outer };
        }
    }
}

size_t redact_place_password(const struct redact_place *place, const char *word, size_t len)
{
    if (place->flag)
        return place->flag == 'p' ? 0 : len;
    if (!place->program || len == 0 || word[0] != '-')
        return len;
    size_t at = letter_find(word, len);
    return at < len && word[at] == 'p' ? at + 1 : len;
}
