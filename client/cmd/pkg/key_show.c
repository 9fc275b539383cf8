/* The keys that there are. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/key.h"
#include "client/cmd/pkg/pack.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/ui/term.h"

static char *opt_output;
static int opt_json, opt_yes;

static const struct poptOption list_options[] = {
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the keys as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption show_options[] = {
    { "output", 'o', POPT_ARG_STRING, &opt_output, 0, "write the public half there", "FILE" },
    PASSPHRASE_OPTION("read the passphrase of the key, if it is needed, from this descriptor"),
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print all that is known of it as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption remove_options[] = {
    { "yes", 'y', POPT_ARG_NONE, &opt_yes, 0, "remove it without a question", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was done as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool list_run(const char **operands, int *status, struct error *err)
{
    static const char *const heading[] = { "NAME", "TYPE", "KEPT IN", "ID" };
    (void)operands, (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct folders folders;
    struct list keys;
    if (!folders_find(arena, &folders, err) || !key_list(&folders, arena, &keys, err))
        return false;
    struct doc *out = doc_new(arena, DOC_LIST);
    struct ui_table table;
    ui_table_init(&table, arena, COUNT(heading));
    LIST_FOREACH (keys, const struct key_facts, key) {
        const char *where = key->problem     ? key->problem
                            : key->encrypted ? "file, encrypted"
                            : key->path      ? "file"
                                             : "keyring";
        UI_ROW(&table, key->name, key->type, where, key->id);
        doc_append(out, key_doc(key, arena));
    }
    if (opt_json)
        ui_json(out);
    else if (keys.count)
        ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
    else
        fprintf(stderr, "there are no signing keys; nono key generate NAME makes one\n");
    return true;
}

static bool show_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct folders folders;
    struct key_facts key;
    const char *name;
    if (!key_operand(operands, &name, err) || !folders_find(arena, &folders, err) ||
        !key_find(&folders, name, arena, &key, err))
        return false;
    if (opt_output && !pack_write(opt_output, key.public_pem, strlen(key.public_pem), arena, err))
        return false;
    if (opt_json) {
        ui_json(key_doc(&key, arena));
        return true;
    }
    if (!opt_output)
        fputs(key.public_pem, stdout);
    fprintf(stderr, "%s  %s, %s%s\n", key.type, key.id, key.path ? key.path : "in the keyring",
            key.encrypted ? ", encrypted" : "");
    return true;
}

/* NULL when it cannot be known without a passphrase. */
static const char *id_of(const struct folders *folders, const char *name, struct arena *arena)
{
    struct list keys;
    struct error ignored;
    if (key_list(folders, arena, &keys, &ignored))
        LIST_FOREACH (keys, const struct key_facts, key)
            if (key->id && strcmp(key->name, name) == 0)
                return key->id;
    return NULL;
}

static void removed_tell(const char *name, const char *id, struct arena *arena)
{
    if (opt_json) {
        struct doc *out = doc_new(arena, DOC_TABLE);
        doc_add_text(arena, out, "removed", name);
        doc_add_text(arena, out, "id", id);
        ui_json(out);
        return;
    }
    printf("removed %s\n", name);
    fprintf(stderr, "registries still accept it: nono key revoke %s --org ORG tells one not to\n",
            id ? id : "ID");
}

static bool remove_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct folders folders;
    const char *name;
    bool yes = opt_yes;
    if (!key_operand(operands, &name, err) || !folders_find(arena, &folders, err))
        return false;
    if (!yes && !ui_confirm("The private half will be gone for good. Remove it?", &yes, err))
        return false;
    if (!yes)
        return error_set(err, DENIED, "you said no");
    const char *id = id_of(&folders, name, arena);
    if (!key_remove(&folders, name, err))
        return false;
    removed_tell(name, id, arena);
    return true;
}

const struct command command_key_list = {
    .name = "list",
    .summary = "list signing keys",
    .examples = EXAMPLES("nono key list"),
    .options = list_options,
    .run = list_run,
};

const struct command command_key_show = {
    .name = "show",
    .args = "KEY",
    .summary = "print the public half of a key",
    .examples = EXAMPLES("nono key show release --output release.pub"),
    .options = show_options,
    .run = show_run,
};

const struct command command_key_remove = {
    .name = "remove",
    .args = "KEY",
    .summary = "remove a key, both halves",
    .examples = EXAMPLES("nono key remove release"),
    .options = remove_options,
    .run = remove_run,
};
