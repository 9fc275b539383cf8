#include "client/ui/command.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/ui/complete.h"
#include "client/ui/manual.h"
#include "client/ui/options.h"
#include "client/ui/term.h"
#include "lib/base/cleanup.h"
#include "lib/base/record.h"
#include "lib/base/signals.h"
#include "lib/base/stack.h"
#include "lib/base/standard.h"
#include "lib/base/text.h"

DEFINE_CLEANUP(poptContext, poptFreeContext)

#define COMMANDS_MAX 64

static const struct command *command_find(const struct command *const *commands, const char *name)
{
    for (; *commands; commands++)
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    return NULL;
}

static void commands_print(FILE *stream, const char *title, const char *summary,
                           const struct command *const *commands)
{
    fprintf(stream, "usage: %s COMMAND [OPTIONS] [ARGUMENTS]\n\n%s\n\ncommands:\n", title, summary);
    for (; *commands; commands++)
        if (!(*commands)->hidden)
            fprintf(stream, "  %-12s %s\n", (*commands)->name, (*commands)->summary);
    fprintf(stream, "\n`%s COMMAND --help` tells more of each.\n", title);
}

static const char *nearest_command(const struct command *const *commands, const char *name)
{
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    for (; commands[count] && count < COUNT(names); count++)
        names[count] = commands[count]->name;
    return text_nearest(name, names, count);
}

/* The command that a word of other tools, or one like it, means; NULL: none. */
static const char *foreign_command(const struct foreign_word *foreign, const char *name)
{
    const char *names[COMMANDS_MAX];
    size_t count = 0;
    for (; foreign && foreign[count].word && count < COUNT(names); count++)
        names[count] = foreign[count].word;
    const char *near = text_nearest(name, names, count);
    for (size_t i = 0; near && i < count; i++)
        if (strcmp(names[i], near) == 0)
            return foreign[i].command;
    return NULL;
}

static bool is_foreign(const struct foreign_word *foreign, const char *name)
{
    for (; foreign && foreign->word; foreign++)
        if (strcmp(foreign->word, name) == 0)
            return true;
    return false;
}

/* foreign: NULL below the program's own commands. */
static bool unknown_command(const struct command *const *commands,
                            const struct foreign_word *foreign, const char *title, const char *name,
                            struct error *err)
{
    const char *meant = is_foreign(foreign, name) ? NULL : nearest_command(commands, name);
    error_set(err, INVALID, "there is no command \"%.64s\"", name);
    if (!meant)
        meant = foreign_command(foreign, name);
    return meant ? error_hint(err, "did you mean \"%s\"? See %s --help", meant, title)
                 : error_hint(err, "see %s --help", title);
}

bool command_beside(const char *path, char *out, size_t size, struct error *err)
{
    ssize_t len = readlink("/proc/self/exe", out, size - 1);
    if (len < 0)
        return error_set_errno(err, "readlink /proc/self/exe");
    out[len] = '\0';
    for (int i = 0; i < 2; i++) { /* the program, and bin or libexec/nono around it */
        char *slash = strrchr(out, '/');
        if (slash)
            *slash = '\0';
    }
    size_t used = strlen(out);
    if (text_ends(out, "/libexec"))
        out[used -= strlen("/libexec")] = '\0';
    if ((size_t)snprintf(out + used, size - used, "/%s", path) >= size - used)
        return error_set(err, INVALID, "the path of this program is too long");
    return true;
}

bool command_helper_path(const char *name, char *out, size_t size, struct error *err)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "libexec/nono/%s", name);
    return command_beside(path, out, size, err);
}

OWN_FRAME static bool helper_exec(const struct command *command, const char **argv,
                                  struct error *err)
{
    char path[4096];
    if (!command_helper_path(command->helper, path, sizeof(path), err))
        return false;
    char *const *words; /* execv takes no const, and changes nothing */
    memcpy(&words, &argv, sizeof(words));
    execv(path, words);
    error_set_errno(err, "start %s", path);
    return error_hint(err, "the installation is incomplete: install nono again");
}

/*
 * Goes before popt's own options of these names, which end the program where it stands: without -h,
 * and without a look at whether what was printed could be written.
 */
enum { ASKED_HELP = 1000, ASKED_USAGE };
#define HELP_OPTIONS(table)                                                             \
    {                                                                                   \
        { "help", 'h', POPT_ARGFLAG_DOC_HIDDEN, NULL, ASKED_HELP, NULL, NULL },         \
            { NULL, '?', POPT_ARGFLAG_DOC_HIDDEN, NULL, ASKED_HELP, NULL, NULL },       \
            { "usage", '\0', POPT_ARGFLAG_DOC_HIDDEN, NULL, ASKED_USAGE, NULL, NULL },  \
            { NULL, '\0', POPT_ARG_INCLUDE_TABLE, table, 0, NULL, NULL }, POPT_TABLEEND \
    }

/* The word before, when what popt finds fault with is the value of an option. */
static const char *option_before(const char **argv, const char *typed)
{
    for (const char **word = argv + 1; typed[0] != '-' && *word && word[1]; word++)
        if (word[1] == typed && **word == '-')
            return *word;
    return NULL;
}

/* argv[0] is the command's title. */
static bool option_fault(const struct poptOption *options, const char **argv, poptContext context,
                         int rc, struct error *err)
{
    const char *typed = poptBadOption(context, 0);
    const char *near = rc == POPT_ERROR_BADOPT ? option_nearest(options, typed) : NULL;
    const char *option = option_before(argv, typed);
    error_set(err, INVALID, "%s%s%s: %s", option ? option : "", option ? " " : "", typed,
              poptStrerror(rc));
    return near ? error_hint(err, "did you mean --%s? See %s --help", near, argv[0])
                : error_hint(err, "see %s --help", argv[0]);
}

/* Stops at what asks for help: *out_asked, else 0. Behind a fault the rest is read all the same:
 * --json may be there, and says how the fault is to be told. */
static bool options_parse(const struct poptOption *options, const char **argv, poptContext context,
                          int *out_asked, struct error *err)
{
    bool ok = true;
    *out_asked = 0;
    for (int rc; (rc = poptGetNextOpt(context)) != -1;) {
        if (ok && (rc == ASKED_HELP || rc == ASKED_USAGE)) {
            *out_asked = rc;
            return true;
        }
        if (ok && rc < -1)
            ok = option_fault(options, argv, context, rc, err);
    }
    return ok;
}

/* Who leaves out what has to be named is told how the command is written. */
static bool usage_hint(const struct command *command, const char *title, struct error *err)
{
    bool optional = command->args[0] == '[' && !text_starts(command->args, "[--]");
    if (err->kind != ERROR_INVALID || err->hint[0] || optional)
        return false;
    return error_hint(err, "usage: %s %s", title, command->args);
}

/* What --help shows before the options. */
static void usage_make(const struct command *command, char *out, size_t size)
{
    int used = snprintf(out, size, "[OPTIONS] %s\n\n%s\n", command->args ? command->args : "",
                        command->summary);
    for (const char *const *example = command->examples; example && *example; example++)
        if (used >= 0 && (size_t)used < size)
            used += snprintf(out + used, size - (size_t)used, "%s    %s\n",
                             example == command->examples ? "\n" : "", *example);
}

OWN_FRAME static void asked_print(const struct command *command, int asked, poptContext context)
{
    char usage[1024];
    usage_make(command, usage, sizeof(usage));
    poptSetOtherOptionHelp(context, usage);
    if (asked == ASKED_HELP)
        poptPrintHelp(context, stdout, 0);
    else
        poptPrintUsage(context, stdout, 0);
}

static bool command_run(const struct command *command, const char *title, int argc,
                        const char **argv, int *status, struct error *err)
{
    static const struct poptOption none[] = { POPT_AUTOHELP POPT_TABLEEND };
    const struct poptOption *options = command->options ? command->options : none;
    const struct poptOption table[] = HELP_OPTIONS((void *)(uintptr_t)options);
    int asked;
    unsigned flags = command->options_first ? POPT_CONTEXT_POSIXMEHARDER : 0;
    argv[0] = title;

    CLEANUP(poptFreeContextp)
    poptContext context = poptGetContext(title, argc, argv, table, flags);
    if (!options_parse(options, argv, context, &asked, err))
        return false;
    if (asked) {
        asked_print(command, asked, context);
        return true;
    }

    static const char *nothing[] = { NULL };
    const char **operands = poptGetArgs(context);
    if (operands && !command->args)
        return error_set(err, INVALID, "takes no argument: \"%.64s\"", operands[0]);
    if (command->run(operands ? operands : nothing, status, err))
        return true;
    return !operands && command->args && usage_hint(command, title, err);
}

static bool is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "-?") == 0 ||
           strcmp(word, "help") == 0;
}

/* Messages quote names of files and hosts, which may be meant for the terminal. */
static int report(const char *title, const struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    fprintf(stderr, "%s: %s\n", title, text_escape(err->message, arena));
    if (err->hint[0])
        fprintf(stderr, "  %s\n", text_escape(err->hint, arena));
    return error_exit_status(err->kind);
}

static bool json_is_asked(const struct command *command)
{
    const struct poptOption *option = option_find(command->options, "--json");
    return option && option->arg && *(const int *)option->arg;
}

/* Who asked for JSON gets some, whatever happens; and stderr says it to people all the same. */
static int run_and_report(const struct command *command, const char *title, int argc,
                          const char **argv)
{
    struct error err;
    int status = 0;
    if (command_run(command, title, argc, argv, &status, &err))
        return status;
    if (json_is_asked(command) && !ui_json_printed()) {
        CLEANUP(arena_freep) struct arena *arena = arena_new();
        struct doc *answer = doc_new(arena, DOC_TABLE);
        ui_error_add(arena, answer, &err);
        ui_json(answer);
        (void)fflush(stdout); /* in the order in which it happened, where both are one file */
    }
    int usual = report(title, &err);
    return status ? status : usual;
}

/* "help run" is "run --help", and "help run ls" is "run --help ls": what stands behind a command
 * may be a program to it. What a helper has for commands is not known here; it starts none. */
static void help_turn(const struct command *const *commands, const char **words)
{
    if (strcmp(words[0], "help") != 0 || !words[1] || is_help(words[1]))
        return;
    for (; words[1]; words++) {
        const struct command *command = commands ? command_find(commands, words[1]) : NULL;
        words[0] = words[1];
        if (command && !command->verbs && !command->helper) {
            words++;
            break;
        }
        commands = command ? command->verbs : NULL;
    }
    words[0] = "--help";
}

/* "help run" on a terminal is the page of it, if there is one. */
static void help_page(const struct program *program, int argc, const char **argv)
{
    if (argc > 2 && strcmp(argv[1], "help") == 0 && command_find(program->commands, argv[2]))
        manual_open(program->name, argv[2]);
}

#define TITLE_SIZE 128 /* "nono profile show"; names are ours, and short */

static void title_add(char *title, const char *name)
{
    if (*title)
        (void)text_append(title, TITLE_SIZE, " ", 1);
    (void)text_append(title, TITLE_SIZE, name, strlen(name));
}

/* Goes down the tables as far as argv names commands. */
static int command_dispatch(const struct program *program, int argc, const char **argv)
{
    char title[TITLE_SIZE] = "";
    title_add(title, program->name);
    const struct command *const *commands = program->commands;
    const char *summary = program->summary;
    struct error err;

    if (argc > 1 && strcmp(argv[1], "__complete") == 0) {
        complete_print(program, argv, argv + 2, program->complete);
        return 0;
    }
    for (const char **rest = argv + 1;; rest++) {
        if (*rest)
            help_turn(commands, rest);
        if (!*rest || is_help(*rest)) {
            commands_print(*rest ? stdout : stderr, title, summary, commands);
            return *rest ? 0 : error_exit_status(ERROR_INVALID);
        }
        const struct command *command = command_find(commands, *rest);
        if (!command) {
            const bool top = commands == program->commands;
            unknown_command(commands, top ? program->foreign : NULL, title, *rest, &err);
            return report(title, &err);
        }
        if (command->helper) {
            helper_exec(command, argv, &err);
            return report(title, &err);
        }
        title_add(title, command->name);
        if (!command->verbs)
            return run_and_report(command, title, argc - (int)(rest - argv), rest);
        commands = command->verbs;
        summary = command->summary;
    }
}

int command_main(const struct program *program, int argc, const char **argv)
{
    struct error err;
    signals_begin();
    standard_begin();
    help_page(program, argc, argv);
    int status = command_dispatch(program, argc, argv);
    return standard_flush(&err) ? status : report(program->name, &err);
}
