/* What names there are to complete: profiles, groups, snapshots of this folder, recorded runs. */
#include "client/ui/complete.h"

#include <stdio.h>
#include <string.h>

#include "client/cmd/audit.h"
#include "client/cmd/commands.h"
#include "client/cmd/snapshot.h"
#include "client/cmd/state.h"
#include "client/profile/profiles.h"
#include "lib/base/text.h"

#define RUNS_OFFERED 20 /* the newest */

static bool is_first_of_pack(const struct list *entries, const struct profiles_entry *entry)
{
    LIST_FOREACH (*entries, const struct profiles_entry, before)
        if (before->pack && strcmp(before->pack, entry->pack) == 0)
            return before == entry;
    return false;
}

static void profiles_offer(struct arena *arena, const char *prefix)
{
    struct profile_env env;
    struct list entries;
    struct error ignored;
    if (!profiles_env(NULL, arena, &env, &ignored) ||
        !profiles_list(&env, arena, &entries, &ignored))
        return;
    LIST_FOREACH (entries, struct profiles_entry, entry) {
        if (!entry->hidden)
            complete_offer(entry->name, entry->pack ? entry->pack : entry->file, prefix);
        /* The pack itself is a profile's name too, for whoever has begun to type it. */
        if (entry->pack && *prefix && is_first_of_pack(&entries, entry))
            complete_offer(entry->pack, entry->name, prefix);
    }
}

static void groups_offer(struct arena *arena, const char *prefix)
{
    (void)arena;
    for (const char *const *name = profile_group_names(); *name; name++)
        complete_offer(*name, NULL, prefix);
}

static void snapshots_offer(struct arena *arena, const char *prefix)
{
    CLEANUP(snapshot_store_freep) struct snapshot_store *store = NULL;
    struct list snapshots, unreadable;
    struct error ignored;
    if (!snapshots_find(&store, &ignored) ||
        !snapshot_list_around(store, ".", arena, &snapshots, &unreadable, &ignored))
        return;
    LIST_FOREACH (snapshots, struct snapshot, snapshot)
        complete_offer(snapshot->name, ui_time(snapshot->created, arena), prefix);
}

static void runs_offer(struct arena *arena, const char *prefix)
{
    const char *state;
    struct list ids;
    struct error ignored;
    size_t offered = 0;
    if (!state_folder(arena, &state, &ignored) || !audit_ids(state, arena, &ids, &ignored))
        return;
    LIST_FOREACH (ids, const char *, id) {
        if (!text_starts(*id, prefix))
            continue;
        struct audit_summary summary;
        bool known = audit_summarise(state, *id, arena, &summary, &ignored) && summary.start.type;
        complete_offer(
            *id, known ? text_escape(audit_command_text(summary.start.data, arena), arena) : NULL,
            prefix);
        if (++offered == RUNS_OFFERED)
            return;
    }
}

void nono_complete(const char *kind, const char *prefix)
{
    static const struct {
        const char *kind;
        void (*offer)(struct arena *arena, const char *prefix);
    } kinds[] = {
        { "profile", profiles_offer },
        { "group", groups_offer },
        { "snapshot", snapshots_offer },
        { "id", runs_offer },
    };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            kinds[i].offer(arena, prefix);
}
