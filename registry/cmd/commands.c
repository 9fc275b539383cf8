#include "registry/cmd/commands.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/record.h"
#include "lib/base/signals.h"
#include "lib/base/standard.h"
#include "lib/base/text.h"

DEFINE_CLEANUP(poptContext, poptFreeContext)

const char *opt_config;

static const struct verb *const verbs[] = {
    &verb_serve,
    &verb_migrate,
    &verb_fsck,
    &verb_user_create,
    &verb_user_reset,
    &verb_user_disable,
    &verb_user_enable,
    &verb_user_list,
    &verb_organisation_create,
    &verb_organisation_member,
    &verb_organisation_list,
};

static int usage_print(FILE *stream, int status)
{
    fputs(
        "usage: nono-registry COMMAND [OPTIONS] [ARGUMENTS]\n\n"
        "The registry of packs. Without configuration it runs a PostgreSQL of its own and listens\n"
        "on 127.0.0.1:8080.\n\ncommands:\n",
        stream);
    for (size_t i = 0; i < COUNT(verbs); i++)
        fprintf(stream, "  %-28s %s\n", verbs[i]->name, verbs[i]->summary);
    fprintf(stream, "  %-28s %s\n", "version", "print the version");
    fputs("\n`nono-registry COMMAND --help` tells more of each.\n", stream);
    return status;
}

#define WORDS_ROOM 64

/* The words before the first option, as a verb's name has them. */
static void words_join(const char **words, char out[WORDS_ROOM])
{
    size_t used = 0;
    out[0] = '\0';
    for (; *words && (*words)[0] != '-' && used + strlen(*words) + 2 < WORDS_ROOM; words++)
        used += (size_t)snprintf(out + used, WORDS_ROOM - used, "%s%s", used ? " " : "", *words);
}

/* "admin" and "admin user" are the beginning of commands: which ones is said. */
static bool unknown_command(const char **words, struct error *err)
{
    char typed[WORDS_ROOM];
    const char *names[COUNT(verbs)];
    words_join(words, typed);
    size_t len = strlen(typed);
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const char *begun = NULL;
    for (size_t i = 0; i < COUNT(verbs); i++) {
        names[i] = verbs[i]->name;
        if (len && text_starts(names[i], typed) && names[i][len] == ' ')
            begun = arena_printf(arena, "%s%s%s", begun ? begun : "", begun ? ", " : "", names[i]);
    }
    const char *near = text_nearest(typed, names, COUNT(names));
    error_set(err, INVALID, begun ? "\"%s\" is not a whole command" : "there is no command \"%s\"",
              len ? typed : words[0]);
    if (begun)
        return error_hint(err, "there are: %s", begun);
    return near ? error_hint(err, "did you mean \"%s\"?", near)
                : error_hint(err, "see nono-registry --help");
}

/* "help serve" is "serve --help". */
static void help_turn(const char **words)
{
    for (; words[1]; words++)
        words[0] = words[1];
    words[0] = "--help";
}

/* How many words of argv a verb's name takes; 0 when it is not named there. */
static int words_matched(const struct verb *verb, const char **words)
{
    int count = 0;
    for (const char *at = verb->name; *at; count++) {
        size_t len = strcspn(at, " ");
        if (!words[count] || strlen(words[count]) != len || strncmp(words[count], at, len) != 0)
            return 0;
        at += len + (at[len] == ' ');
    }
    return count;
}

enum { ASKED_HELP = 1000, ASKED_USAGE };

#define OPTIONS_MAX 16 /* of a command */

/* The option that was meant, or NULL. */
static const char *option_nearest(const struct poptOption *options, const char *typed)
{
    const char *names[OPTIONS_MAX];
    size_t count = 0;
    for (; options->longName || options->shortName || options->arg; options++)
        if (options->longName && count < OPTIONS_MAX)
            names[count++] = options->longName;
    return text_starts(typed, "--") ? text_nearest(typed + 2, names, count) : NULL;
}

static bool option_fault(const struct verb *verb, poptContext context, int rc, struct error *err)
{
    const char *typed = poptBadOption(context, 0);
    const char *near = rc == POPT_ERROR_BADOPT ? option_nearest(verb->options, typed) : NULL;
    error_set(err, INVALID, "%s: %s", typed, poptStrerror(rc));
    return near
               ? error_hint(err, "did you mean --%s? See nono-registry %s --help", near, verb->name)
               : error_hint(err, "see nono-registry %s --help", verb->name);
}

/* Stops at what asks for help: *out_asked, else 0. */
static bool options_parse(const struct verb *verb, poptContext context, int *out_asked,
                          struct error *err)
{
    int rc;
    while ((rc = poptGetNextOpt(context)) != -1 && rc != ASKED_HELP && rc != ASKED_USAGE)
        if (rc < -1)
            return option_fault(verb, context, rc, err);
    *out_asked = rc > 0 ? rc : 0;
    return true;
}

static bool verb_run(const struct verb *verb, int argc, const char **argv, int *status,
                     struct error *err)
{
    char title[96], usage[256];
    const struct poptOption options[] = {
        /* before popt's own, which end the program where it stands */
        { "help", 'h', POPT_ARGFLAG_DOC_HIDDEN, NULL, ASKED_HELP, NULL, NULL },
        { NULL, '?', POPT_ARGFLAG_DOC_HIDDEN, NULL, ASKED_HELP, NULL, NULL },
        { "usage", '\0', POPT_ARGFLAG_DOC_HIDDEN, NULL, ASKED_USAGE, NULL, NULL },
        { NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(uintptr_t)verb->options, 0, NULL, NULL },
        POPT_TABLEEND,
    };
    int asked;
    (void)snprintf(title, sizeof(title), "nono-registry %s", verb->name);
    (void)snprintf(usage, sizeof(usage), "[OPTIONS] %s\n\n%s", verb->args ? verb->args : "",
                   verb->summary);
    argv[0] = title;
    CLEANUP(poptFreeContextp)
    poptContext context = poptGetContext(title, argc, argv, options, 0);
    poptSetOtherOptionHelp(context, usage);
    if (!options_parse(verb, context, &asked, err))
        return false;
    if (asked) {
        (asked == ASKED_HELP ? poptPrintHelp : poptPrintUsage)(context, stdout, 0);
        return true;
    }
    static const char *nothing[] = { NULL };
    const char **operands = poptGetArgs(context);
    if (operands && !verb->args)
        return error_set(err, INVALID, "takes no argument: \"%.64s\"", operands[0]);
    return verb->run(operands ? operands : nothing, status, err);
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static const char *const help_words[] = { "--help", "-h", "-?", "help", NULL };

/* "admin --help": the commands that begin so. False when none does, or nobody asked. */
static bool group_help(const char **words)
{
    char typed[WORDS_ROOM];
    size_t count = 0, shown = 0;
    while (words[count] && words[count][0] != '-')
        count++;
    if (!words[count] || !is_one_of(words[count], help_words))
        return false;
    words_join(words, typed);
    for (size_t i = 0; i < COUNT(verbs); i++) {
        size_t len = strlen(typed);
        if (!text_starts(verbs[i]->name, typed) || verbs[i]->name[len] != ' ')
            continue;
        if (shown++ == 0)
            printf("usage: nono-registry %s COMMAND [OPTIONS] [ARGUMENTS]\n\ncommands:\n", typed);
        printf("  %-28s %s\n", verbs[i]->name, verbs[i]->summary);
    }
    return shown > 0;
}

static int report(const char *verb, const struct error *err)
{
    fprintf(stderr, "nono-registry%s%s: %s\n", verb ? " " : "", verb ? verb : "", err->message);
    if (err->hint[0])
        fprintf(stderr, "  %s\n", err->hint);
    return error_exit_status(err->kind);
}

static bool version_print(const char **operands, struct error *err)
{
    if (*operands && !is_one_of(*operands, help_words))
        return error_set(err, INVALID, "version takes no argument: \"%.64s\"", *operands);
    puts(*operands ? "usage: nono-registry version\n\nprint the version"
                   : "nono-registry " NONO_VERSION);
    return true;
}

static int dispatch(int argc, const char **argv)
{
    static const char *const version[] = { "--version", "-V", "version", NULL };
    struct error err;
    if (argc < 2)
        return usage_print(stderr, error_exit_status(ERROR_INVALID));
    if (strcmp(argv[1], "help") == 0 && argc > 2)
        help_turn(argv + 1);
    if (is_one_of(argv[1], help_words))
        return usage_print(stdout, 0);
    if (is_one_of(argv[1], version))
        return version_print(argv + 2, &err) ? 0 : report(NULL, &err);
    for (size_t i = 0; i < COUNT(verbs); i++) {
        int used = words_matched(verbs[i], argv + 1), status = 0;
        if (used > 0)
            return verb_run(verbs[i], argc - used, argv + used, &status, &err)
                       ? status
                       : report(verbs[i]->name, &err);
    }
    if (group_help(argv + 1))
        return 0;
    unknown_command(argv + 1, &err);
    return report(NULL, &err);
}

int registry_main(int argc, const char **argv)
{
    struct error err;
    signals_begin();
    standard_begin();
    int status = dispatch(argc, argv);
    return standard_flush(&err) ? status : report(NULL, &err);
}
