#include "registry/domain/downloads.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/doc.h"
#include "lib/base/mem.h"
#include "lib/json/json.h"
#include "registry/db/db.h"

#define ID_TEXT  37   /* a uuid and a NUL */
#define IDS_MAX  4096 /* versions counted between two writes; more are not */
#define ID_START 64

struct count {
    char id[ID_TEXT];
    int64_t count; /* 0: the slot is free */
};

/* Open addressing; half full at most. */
struct downloads {
    pthread_mutex_t lock;
    struct count *slots;
    size_t size, used;
};

static size_t id_hash(const char *id)
{
    size_t hash = 14695981039346656037U; /* FNV-1a; ids are random and not chosen by anyone */
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 1099511628211U;
    return hash;
}

static struct count *slot_find(struct count *slots, size_t size, const char *id)
{
    size_t i = id_hash(id) & (size - 1);
    while (slots[i].count && strcmp(slots[i].id, id) != 0)
        i = (i + 1) & (size - 1);
    return &slots[i];
}

static void slots_grow(struct downloads *downloads)
{
    size_t size = downloads->size ? 2 * downloads->size : ID_START;
    struct count *slots = xcalloc(size, sizeof(*slots));
    for (size_t i = 0; i < downloads->size; i++)
        if (downloads->slots[i].count)
            *slot_find(slots, size, downloads->slots[i].id) = downloads->slots[i];
    free(downloads->slots);
    downloads->slots = slots;
    downloads->size = size;
}

static void count_add(struct downloads *downloads, const char *id, int64_t count)
{
    if (strlen(id) >= ID_TEXT || downloads->used == IDS_MAX)
        return;
    if (2 * downloads->used >= downloads->size)
        slots_grow(downloads);
    struct count *slot = slot_find(downloads->slots, downloads->size, id);
    if (!slot->count) {
        memcpy(slot->id, id, strlen(id) + 1);
        downloads->used++;
    }
    slot->count += count;
}

struct downloads *downloads_new(void)
{
    struct downloads *downloads = xnew(struct downloads);
    (void)pthread_mutex_init(&downloads->lock, NULL);
    return downloads;
}

void downloads_free(struct downloads *downloads)
{
    if (!downloads)
        return;
    (void)pthread_mutex_destroy(&downloads->lock);
    free(downloads->slots);
    free(downloads);
}

void downloads_count(struct downloads *downloads, const char *version_id)
{
    if (!downloads)
        return;
    (void)pthread_mutex_lock(&downloads->lock);
    count_add(downloads, version_id, 1);
    (void)pthread_mutex_unlock(&downloads->lock);
}

bool downloads_flush(struct downloads *downloads, struct db *db, struct error *err)
{
    (void)pthread_mutex_lock(&downloads->lock);
    CLEANUP(freep) struct count *slots = STEAL(downloads->slots);
    size_t size = downloads->size;
    downloads->size = downloads->used = 0;
    (void)pthread_mutex_unlock(&downloads->lock);
    if (!slots)
        return true;

    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *counts = doc_new(arena, DOC_TABLE);
    for (size_t i = 0; i < size; i++)
        if (slots[i].count)
            doc_add_integer(arena, counts, slots[i].id, slots[i].count);
    const char *text = json_print(counts, JSON_COMPACT_KEPT, arena);
    if (db_execute(db, QUERY(download_add, db_text(text)), NULL, err))
        return true;

    (void)pthread_mutex_lock(&downloads->lock);
    for (size_t i = 0; i < size; i++)
        if (slots[i].count)
            count_add(downloads, slots[i].id, slots[i].count);
    (void)pthread_mutex_unlock(&downloads->lock);
    return error_prefix(err, "write downloads");
}
