#include "client/ui/options.h"

#include <string.h>

#include "lib/base/record.h"
#include "lib/base/text.h"

#define NAMES_MAX 128

static bool is_end(const struct poptOption *option)
{
    return !option->longName && !option->shortName && !option->arg && !option->argInfo;
}

static const struct poptOption *included(const struct poptOption *option)
{
    return (option->argInfo & POPT_ARG_MASK) == POPT_ARG_INCLUDE_TABLE ? option->arg : NULL;
}

/* popt's own table (--help, --usage) is shown as what it is for, by those who want it. */
static bool is_followed(const struct poptOption *table)
{
    return table && table != poptHelpOptions && table != poptHelpOptionsI18N;
}

void options_each(const struct poptOption *options, option_visit *visit, void *context)
{
    for (; options && !is_end(options); options++) {
        const struct poptOption *table = included(options);
        if (is_followed(table))
            options_each(table, visit, context); /* NOLINT(misc-no-recursion): tables are ours */
        else if (!table && options->longName && !(options->argInfo & POPT_ARGFLAG_DOC_HIDDEN))
            visit(options, context);
    }
}

static bool is_named(const struct poptOption *option, const char *word)
{
    if (text_starts(word, "--"))
        return option->longName && strcmp(word + 2, option->longName) == 0;
    return option->shortName && word[0] == '-' && word[1] == option->shortName && !word[2];
}

const struct poptOption *option_find(const struct poptOption *options, const char *word)
{
    for (; options && !is_end(options); options++) {
        const struct poptOption *table = included(options);
        const struct poptOption *found = table ? NULL : options;
        if (is_followed(table))
            found = option_find(table, word); /* NOLINT(misc-no-recursion): tables are ours */
        else if (found && !is_named(found, word))
            found = NULL;
        if (found)
            return found;
    }
    return NULL;
}

struct names {
    const char *items[NAMES_MAX];
    size_t count;
};

static void name_take(const struct poptOption *option, void *context)
{
    struct names *names = context;
    if (names->count < NAMES_MAX)
        names->items[names->count++] = option->longName;
}

const char *option_nearest(const struct poptOption *options, const char *typed)
{
    struct names names = { .count = 0 };
    if (!text_starts(typed, "--"))
        return NULL;
    options_each(options, name_take, &names);
    return text_nearest(typed + 2, names.items, names.count);
}
