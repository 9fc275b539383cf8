#include "registry/http/room.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

struct share {
    struct share *next;
    int64_t account;
    uint64_t held;
};

void room_init(struct room *room)
{
    *room = (struct room){ .mutex = PTHREAD_MUTEX_INITIALIZER };
}

void room_clear(struct room *room)
{
    assert(!room->first);
    (void)pthread_mutex_destroy(&room->mutex);
}

/* Where the account's share is, or would be. */
static struct share **share_of(struct room *room, int64_t account)
{
    struct share **at = &room->first;
    while (*at && (*at)->account != account)
        at = &(*at)->next;
    return at;
}

static bool held_add(struct room *room, int64_t account, uint64_t bytes, struct error *err)
{
    struct share **at = share_of(room, account);
    uint64_t held = *at ? (*at)->held : 0;
    if (bytes > ROOM_ACCOUNT_MAX - held) {
        error_set(err, RATE_LIMITED, "too many large uploads of one account are under way");
        return error_hint(err, "try again when one of them has ended");
    }
    if (bytes > ROOM_MAX - room->held) {
        error_set(err, UNAVAILABLE, "too many large uploads are under way");
        return error_hint(err, "try again in a minute");
    }
    if (!*at) {
        *at = xnew(struct share);
        (*at)->account = account;
    }
    (*at)->held += bytes;
    room->held += bytes;
    return true;
}

bool room_take(struct room *room, int64_t account, uint64_t bytes, struct error *err)
{
    (void)pthread_mutex_lock(&room->mutex);
    bool ok = bytes == 0 || held_add(room, account, bytes, err);
    (void)pthread_mutex_unlock(&room->mutex);
    return ok;
}

void room_return(struct room *room, int64_t account, uint64_t bytes)
{
    (void)pthread_mutex_lock(&room->mutex);
    struct share **at = share_of(room, account), *share = *at;
    assert(bytes == 0 || (share && share->held >= bytes));
    if (bytes && (share->held -= bytes) == 0) {
        *at = share->next;
        free(share);
    }
    room->held -= bytes;
    (void)pthread_mutex_unlock(&room->mutex);
}
