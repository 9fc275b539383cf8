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

/* "--profile=" of a word that is being typed: every candidate has it too. */
static const char *front = "";
static int front_len;

void complete_offer(const char *word, const char *about, const char *prefix)
{
    if (text_starts(word, prefix))
        printf("%.*s%s\t%s\n", front_len, front, word, about ? about : "");
}

static void commands_offer(const struct command *const *commands, const char *prefix)
{
    for (; *commands; commands++)
        if (!(*commands)->hidden)
            complete_offer((*commands)->name, (*commands)->summary, prefix);
}

static void option_offer(const struct poptOption *option, void *context)
{
    char name[128];
    (void)snprintf(name, sizeof(name), "--%s", option->longName);
    complete_offer(name, option->descrip, context);
}

static void options_offer(const struct poptOption *options, const char *prefix)
{
    CLEANUP(freep) char *typed = strdup(prefix);
    options_each(options, option_offer, typed);
    complete_offer("--help", "show what the command does", prefix);
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
            printf("%.*s%.*s\t\n", front_len, front, (int)len, list);
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

/* Of "--profile=x" in one word, as all shells but bash leave it. False: it is no such word. */
static bool value_complete(const struct command *command, const char *typed, complete_names *names)
{
    size_t len = strcspn(typed, "=");
    if (!text_starts(typed, "--") || typed[len] != '=')
        return false;
    char option[128];
    (void)snprintf(option, sizeof(option), "%.*s", (int)len, typed);
    const char *kind = value_kind(command->options, option);
    if (!kind)
        return false;
    front = typed;
    front_len = (int)len + 1;
    names_offer(kind, typed + front_len, names);
    return true;
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
    else if (value_complete(command, typed, names))
        return;
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
