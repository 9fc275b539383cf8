/*
 * The disk that bodies under way may hold in temporary files: so much together, for it is the disk
 * that the packs are on, and so much of one account, for nobody is to hold all of it.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/limits.h"

#define ROOM_MAX         ((uint64_t)4096 * MIB)
#define ROOM_ACCOUNT_MAX (ROOM_MAX / 4)

struct share;

struct room {
    pthread_mutex_t mutex; /* of what follows */
    uint64_t held;
    struct share *first; /* of those who hold something */
};

void room_init(struct room *room);
/* Everything was given back. */
void room_clear(struct room *room);

/* Of an account, or of all whom nobody knows (0). UNAVAILABLE when all is held, RATE_LIMITED when
 * the account's part is. */
bool room_take(struct room *room, int64_t account, uint64_t bytes, struct error *err) MUST_CHECK;
void room_return(struct room *room, int64_t account, uint64_t bytes);
