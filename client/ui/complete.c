#include "client/ui/complete.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/ui/options.h"
#include "lib/base/cleanup.h"
#include "lib/base/record.h"
#include "lib/base/text.h"

#define KIND_MAX 32

const char *complete_script(const char *shell)
{
    static const struct {
        const char *shell, *script;
    } scripts[] = {
#define TEXT_FILE(name, text) { name, text },
#include "completions.def"
#undef TEXT_FILE
    };
    for (size_t i = 0; i < COUNT(scripts); i++)
        if (strcmp(shell, scripts[i].shell) == 0)
            return scripts[i].script;
    return NULL;
}

static void commands_offer(const struct command *const *commands, const char *prefix)
{
    for (; *commands; commands++)
        if (!(*commands)->hidden && text_starts((*commands)->name, prefix))
            printf("%s\t%s\n", (*commands)->name, (*commands)->summary);
}

static void option_offer(const struct poptOption *option, void *context)
{
    char name[128];
    (void)snprintf(name, sizeof(name), "--%s", option->longName);
    if (text_starts(name, context))
        printf("%s\t%s\n", name, option->descrip ? option->descrip : "");
}

static void options_offer(const struct poptOption *options, const char *prefix)
{
    CLEANUP(freep) char *typed = strdup(prefix);
    options_each(options, option_offer, typed);
    if (text_starts("--help", prefix))
        printf("--help\tshow what the command does\n");
}

/* What the word before asks for: NULL when it is not an option that takes a value. */
static const char *value_kind(const struct poptOption *options, const char *word)
{
    const struct poptOption *option = option_find(options, word);
    if (!option || (option->argInfo & POPT_ARG_MASK) == POPT_ARG_NONE ||
        (option->argInfo & POPT_ARG_MASK) == POPT_ARG_VAL)
        return NULL;
    return option->argDescrip ? option->argDescrip : "";
}

/* "REF..." and "[REF]" are of the kind "ref". */
static void kind_take(const char *args, char out[KIND_MAX])
{
    size_t len = 0;
    args += strspn(args, "[");
    for (; isalpha((unsigned char)*args) && len + 1 < KIND_MAX; args++)
        out[len++] = (char)tolower((unsigned char)*args);
    out[len] = '\0';
}

/* "read|write": small letters are the words themselves. */
static void words_offer(const char *list, const char *prefix)
{
    size_t typed = strlen(prefix);
    for (size_t len; *list; list += len + (list[len] == '|')) {
        len = strcspn(list, "|");
        if (len >= typed && strncmp(list, prefix, typed) == 0)
            printf("%.*s\t\n", (int)len, list);
    }
}

static void names_offer(const char *kind, const char *prefix, complete_names *names)
{
    char word[KIND_MAX];
    if (islower((unsigned char)*kind)) {
        words_offer(kind, prefix);
        return;
    }
    kind_take(kind, word);
    if (names)
        names(word, prefix);
}

static const struct command *find(const struct command *const *commands, const char *name)
{
    for (; *commands; commands++)
        if (strcmp((*commands)->name, name) == 0)
            return *commands;
    return NULL;
}

/* Whether a word is the program, behind which all is the program's own; and "--" says that it
 * comes.
 */
static bool is_program(const struct command *command, const char *before, const char *word)
{
    bool is_value = !strchr(before, '=') && value_kind(command->options, before);
    return command->options_first && !is_value && strcmp(word, "=") != 0 &&
           (word[0] != '-' || strcmp(word, "--") == 0);
}

static void command_complete(const struct command *command, const char *const *words,
                             complete_names *names)
{
    const char *before = "", *typed = *words;
    for (; words[1]; words++) {
        if (is_program(command, before, words[0]))
            return;                     /* another program's words */
        if (strcmp(words[0], "=") != 0) /* bash makes three words of --profile=x */
            before = words[0];
        typed = strcmp(words[1], "=") == 0 ? "" : words[1];
    }
    const char *kind = value_kind(command->options, before);
    if (kind)
        names_offer(kind, typed, names);
    else if (typed[0] == '-')
        options_offer(command->options, typed);
    else if (command->args)
        names_offer(command->args, typed, names);
}

static void helper_ask(const struct command *command, const char **argv)
{
    char path[4096];
    struct error err;
    if (command_helper_path(command->helper, path, sizeof(path), &err))
        execv(path, (char *const *)(uintptr_t)argv); /* NOLINT(performance-no-int-to-ptr) */
}

void complete_print(const struct program *program, const char **argv, const char *const *words,
                    complete_names *names)
{
    const struct command *const *commands = program->commands;
    if (*words && words[1] && strcmp(*words, "help") == 0)
        words++; /* what help can be asked for is what can be run */
    for (; *words && words[1]; words++) {
        const struct command *command = find(commands, *words);
        if (!command)
            return;
        if (command->helper) {
            fflush(stdout);
            helper_ask(command, argv);
            return;
        }
        if (!command->verbs) {
            command_complete(command, words + 1, names);
            return;
        }
        commands = command->verbs;
    }
    if (*words)
        commands_offer(commands, *words);
}
