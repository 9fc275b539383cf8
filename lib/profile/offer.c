/* What a pack's groups give: a pack offers them to the profiles of others, so they are shown too.
 */
#include <string.h>

#include "lib/base/limits.h"
#include "lib/json/json.h"
#include "lib/profile/resolver.h"

static bool table_give(void *context, const char *name, const char *pack, struct arena *arena,
                       struct profile_text *out, struct error *err)
{
    const struct profile_text *table = context;
    (void)name, (void)pack, (void)arena, (void)err;
    *out = *table;
    return true;
}

bool profile_resolve_groups(const struct profile_env *env, const struct profile_text *table,
                            struct arena *arena, struct profile **out, struct error *err)
{
    struct profile_text context = *table;
    struct profile_env alone = *env;
    struct doc *doc;
    if (!profile_parse(table, arena, &doc, err))
        return false;
    if (doc->kind != DOC_TABLE)
        return doc_fault(err, doc, "expected a table of groups");
    if (doc->count > LIMIT_PACK_GROUPS)
        return error_set(err, TOO_LARGE, "%s: over %d groups", table->file, LIMIT_PACK_GROUPS);
    struct doc *names = doc_new(arena, DOC_LIST);
    DOC_FOREACH (doc, group)
        doc_add_text(arena, names, NULL, group->key);

    /* A list of texts is the same in JSON and TOML, which asks for nothing that is not named. */
    const char *text = arena_printf(arena, "extends = []\ngroups = %s\n",
                                    json_print(names, JSON_COMPACT_KEPT, arena));
    const struct profile_text all = {
        .text = text, .len = strlen(text), .syntax = PROFILE_TOML, .file = table->file
    };
    alone.source = (struct profile_source){ .context = &context, .find_group = table_give };
    if (!profile_resolve(&alone, "groups", &all, NULL, arena, out, err))
        return false;
    (*out)->unprotected =
        (struct list){ 0 }; /* groups take nothing away from those who name them */
    return true;
}
