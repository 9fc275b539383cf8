#include <stdio.h>
#include <string.h>

#include "client/cmd/profile.h"
#include "client/profile/packs.h"
#include "client/ui/term.h"
#include "lib/base/text.h"

static int opt_json, opt_all;

/* Of an installed pack; *out is NULL when none has it. */
static bool pack_group_read(const char *name, struct arena *arena, struct doc **out,
                            struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    struct profile_text text;
    struct doc *groups;
    const char *slash = strrchr(name, '/');
    *out = NULL;
    if (!store_open(STORE_READ, &store, err) ||
        !packs_find_group(store, NULL, name, arena, &text, err))
        return false;
    if (!text.text)
        return true;
    if (!profile_parse(&text, arena, &groups, err))
        return false;
    *out = doc_find(groups, slash ? slash + 1 : name);
    return true;
}

static bool group_read(const char *name, struct arena *arena, struct doc **out, struct error *err)
{
    struct profile_text text;
    profile_group_find(name, &text);
    if (text.text)
        return profile_parse(&text, arena, out, err);
    if (!pack_group_read(name, arena, out, err) || *out)
        return *out != NULL;
    size_t count = 0;
    while (profile_group_names()[count])
        count++;
    const char *near = text_nearest(name, profile_group_names(), count);
    error_set(err, NOT_FOUND, "there is no group \"%.64s\"", name);
    return near ? error_hint(err, "did you mean \"%s\"?", near) : false;
}

static void when_show(const struct doc *when)
{
    if (when && when->kind == DOC_TEXT)
        printf("  (%s)", when->text);
    if (!when || when->kind != DOC_LIST)
        return;
    DOC_FOREACH (when, item)
        printf("%s%s%s", item == when->first ? "  (" : " or ", item->text, item->next ? "" : ")");
}

/* "~/.cache", or { path = "~/.cache", when = "linux" }. */
static void item_show(const struct doc *item)
{
    printf("  %s", item->kind == DOC_TEXT ? item->text : doc_text(item, "path"));
    when_show(doc_find(item, "when"));
    printf("\n");
}

static void group_show(const char *name, const struct doc *group)
{
    printf("%s - %s\n", name, doc_text(group, "description"));
    DOC_FOREACH (group, section) {
        if (section->kind != DOC_TABLE)
            continue;
        DOC_FOREACH (section, list) {
            if (list->kind != DOC_LIST)
                continue;
            printf("%s %s:\n", section->key, list->key);
            DOC_FOREACH (list, item)
                item_show(item);
        }
    }
}

static bool one_run(const char *name, struct arena *arena, struct error *err)
{
    struct doc *group;
    if (!group_read(name, arena, &group, err))
        return false;
    if (!opt_json) {
        group_show(name, group);
        return true;
    }
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "name", name);
    DOC_FOREACH (group, member)
        doc_insert(arena, out, member->key, doc_copy(arena, member));
    ui_json(out);
    return true;
}

static bool all_run(struct arena *arena, struct error *err)
{
    struct profile_platform platform;
    struct doc *out = doc_new(arena, DOC_LIST);
    profile_platform_detect(arena, &platform);
    for (const char *const *name = profile_group_names(); *name; name++) {
        struct doc *group;
        if (!group_read(*name, arena, &group, err))
            return false;
        const char *system = doc_text(group, "platform");
        const struct doc *required = doc_find(group, "required");
        bool must = required && required->boolean;
        if (!opt_all && system && strcmp(system, platform.os) != 0)
            continue;
        struct doc *item = doc_add_table(arena, out, NULL);
        doc_add_text(arena, item, "name", *name);
        doc_add_text(arena, item, "platform", system);
        doc_add_bool(arena, item, "required", must);
        doc_add_text(arena, item, "description", doc_text(group, "description"));
        if (!opt_json)
            printf("%-26s %s%s\n", *name, doc_text(group, "description"),
                   must ? " (always in force)" : "");
    }
    if (opt_json)
        ui_json(out);
    return true;
}

static bool groups_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    (void)status;
    if (!operands[0])
        return all_run(arena, err);
    return profile_operands(operands, 1, "at most one group", err) &&
           one_run(operands[0], arena, err);
}

static const struct poptOption options[] = {
    { "json", '\0', POPT_ARG_NONE, &opt_json, 0, "print a JSON document", NULL },
    { "all-platforms", '\0', POPT_ARG_NONE, &opt_all, 0, "those of other systems too", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

const struct command command_profile_groups = {
    .name = "groups",
    .args = "[GROUP]",
    .summary = "list the groups that profiles compose, or show one",
    .examples = EXAMPLES("nono profile groups", "nono profile groups git_config"),
    .options = options,
    .run = groups_run,
};
