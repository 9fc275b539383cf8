#include <stdio.h>
#include <string.h>

#include "client/cmd/profile.h"
#include "client/ui/term.h"

static int opt_json;

static const char *const place_names[] = { "user", "pack", "built-in" };

/* The program that a profile was chosen for, or NULL. */
static const char *chosen_for(const struct list *choices, const char *name)
{
    LIST_FOREACH (*choices, struct profile_variable, choice)
        if (strcmp(choice->value, name) == 0)
            return choice->name;
    return NULL;
}

/* One that does not resolve is listed all the same; `validate` says why. */
static const char *description_of(const struct profile_env *env, const struct profiles_entry *entry,
                                  struct arena *arena)
{
    struct profile *profile;
    struct error err;
    if (entry->hidden || !profile_load(env, entry->name, NULL, arena, &profile, &err))
        return NULL;
    return profile->description;
}

static void entry_json(const struct profile_env *env, const struct profiles_entry *entry,
                       const struct list *choices, struct arena *arena, struct doc *out)
{
    struct doc *item = doc_add_table(arena, out, NULL);
    doc_add_text(arena, item, "name", entry->name);
    doc_add_text(arena, item, "place", place_names[entry->place]);
    doc_add_text(arena, item, "file", entry->file);
    doc_add_text(arena, item, "pack", entry->pack);
    doc_add_bool(arena, item, "hidden", entry->hidden);
    doc_add_text(arena, item, "default_for",
                 entry->hidden ? NULL : chosen_for(choices, entry->name));
    doc_add_text(arena, item, "description", description_of(env, entry, arena));
}

static void entry_row(const struct profile_env *env, const struct profiles_entry *entry,
                      const struct list *choices, struct ui_table *table)
{
    struct arena *arena = table->arena;
    const char *program = entry->hidden ? NULL : chosen_for(choices, entry->name);
    const char *description = description_of(env, entry, arena);
    const char *place = entry->pack ? entry->pack : place_names[entry->place];
    const char *text = description ? description : "";
    if (entry->hidden)
        text = entry->shared ? "of more than one pack: ask for it by its pack"
                             : "hidden by the one above";
    if (program) /* first: a narrow terminal cuts the end */
        text = arena_printf(arena, "[used for %s] %s", program, text);
    UI_ROW(table, entry->name, place, text);
}

static bool list_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct list entries, choices;
    (void)operands, (void)status;
    if (!profiles_env(NULL, arena, &env, err) || !profiles_list(&env, arena, &entries, err) ||
        !profiles_default_list(&env, arena, &choices, err))
        return false;
    static const char *const heading[] = { "PROFILE", "FROM", "DESCRIPTION" };
    struct doc *out = doc_new(arena, DOC_LIST);
    struct ui_table table;
    ui_table_init(&table, arena, COUNT(heading));
    table.cut = true;
    LIST_FOREACH (entries, struct profiles_entry, entry)
        if (opt_json)
            entry_json(&env, entry, &choices, arena, out);
        else
            entry_row(&env, entry, &choices, &table);
    if (opt_json)
        ui_json(out);
    else
        ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
    return true;
}

static const struct poptOption options[] = {
    { "json", '\0', POPT_ARG_NONE, &opt_json, 0, "print a JSON document", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

const struct command command_profile_list = {
    .name = "list",
    .summary = "list the profiles that --profile takes",
    .examples = EXAMPLES("nono profile list"),
    .options = options,
    .run = list_run,
};
