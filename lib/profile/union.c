/* What several profiles ask together: a pack, for consent and on the registry's pages. */
#include <string.h>

#include "lib/profile/permissions.h"
#include "lib/profile/resolver.h"

static void list_append(struct list *to, const struct list *from, size_t size, struct arena *arena)
{
    for (size_t i = 0; i < from->count; i++)
        memcpy(profile_list_add(arena, to, size), (const char *)from->items + i * size, size);
}

/* Which of two is wider is the order of the enumerations, but for execute, where it is reversed. */
static void scalars_widen(struct permissions *all, const struct permissions *one)
{
    static const char *const widths[] = { "none", "read", "write", "readwrite" };
    if (one->network > all->network)
        all->network = one->network;
    if (one->execute_mode < all->execute_mode)
        all->execute_mode = one->execute_mode;
    size_t mine = 0, other = 0;
    for (size_t i = 0; i < COUNT(widths); i++) {
        if (all->workdir && strcmp(all->workdir, widths[i]) == 0)
            mine = i;
        if (one->workdir && strcmp(one->workdir, widths[i]) == 0)
            other = i;
    }
    all->workdir = widths[mine | other]; /* read and write together are readwrite: 1 | 2 is 3 */
}

void permissions_widen(struct permissions *all, const struct permissions *one, struct arena *arena)
{
    const struct {
        struct list *to;
        const struct list *from;
        size_t size;
    } lists[] = {
        { &all->read, &one->read, sizeof(struct permission_path) },
        { &all->write, &one->write, sizeof(struct permission_path) },
        { &all->execute, &one->execute, sizeof(struct permission_path) },
        { &all->bypass, &one->bypass, sizeof(struct permission_path) },
        { &all->sockets, &one->sockets, sizeof(struct permission_path) },
        { &all->hosts, &one->hosts, sizeof(struct permission_host) },
        { &all->hooks, &one->hooks, sizeof(struct permission_hook) },
        { &all->ports, &one->ports, sizeof(const char *) },
        { &all->credentials, &one->credentials, sizeof(const char *) },
        { &all->environment, &one->environment, sizeof(const char *) },
        { &all->extends, &one->extends, sizeof(const char *) },
        { &all->groups, &one->groups, sizeof(const char *) },
        { &all->other, &one->other, sizeof(const char *) },
    };
    if (!all->schema_version) {
        *all = *one;
        return;
    }
    for (size_t i = 0; i < COUNT(lists); i++)
        list_append(lists[i].to, lists[i].from, lists[i].size, arena);
    all->deny = all->denied_hosts = (struct list){ 0 };
    scalars_widen(all, one);
}
