#include "registry/http/cache.h"

#include <pthread.h>
#include <string.h>

#include "lib/base/mem.h"
#include "registry/http/metrics.h"

#define BUCKETS     ((size_t)4096) /* a power of two */
#define ENTRIES_MAX ((size_t)4096)

struct entry {
    struct entry *next;          /* in its bucket */
    struct entry *newer, *older; /* by use */
    struct cached *cached;
    uint64_t hash;
    char *tag;
    char uri[];
};

struct cache {
    pthread_mutex_t mutex;
    bool enabled;
    uint64_t generation;
    size_t max_bytes;
    struct entry *newest, *oldest;
    struct metrics *metrics;
    uint64_t entries, bytes;
    struct entry *buckets[BUCKETS];
};

struct cache *cache_new(size_t max_bytes, struct metrics *metrics)
{
    struct cache *cache = xnew(struct cache);
    cache->mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    cache->enabled = max_bytes > 0;
    cache->max_bytes = max_bytes;
    cache->metrics = metrics;
    return cache;
}

/* FNV-1a. What an enemy can do by colliding is bounded by ENTRIES_MAX. */
static uint64_t hash_of(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3U;
    return hash;
}

static void use_unlink(struct cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void use_first(struct cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

void cached_release(struct cached *cached)
{
    if (!cached || atomic_fetch_sub(&cached->references, 1) > 1)
        return;
    MHD_destroy_response(cached->response);
    MHD_destroy_response(cached->not_modified);
    free(cached);
}

static void held_set(struct cache *cache, uint64_t entries, uint64_t bytes)
{
    cache->entries = entries;
    cache->bytes = bytes;
    metrics_set(cache->metrics, GAUGE_CACHE_ENTRIES, (int64_t)entries);
    metrics_set(cache->metrics, GAUGE_CACHE_BYTES, (int64_t)bytes);
}

static void entry_remove(struct cache *cache, struct entry *entry)
{
    struct entry **slot = &cache->buckets[entry->hash % BUCKETS];
    while (*slot != entry)
        slot = &(*slot)->next;
    *slot = entry->next;
    use_unlink(cache, entry);
    held_set(cache, cache->entries - 1, cache->bytes - entry->cached->size);
    cached_release(entry->cached);
    free(entry->tag);
    free(entry);
}

static struct entry *entry_find(struct cache *cache, const char *uri, uint64_t hash)
{
    struct entry *entry = cache->buckets[hash % BUCKETS];
    while (entry && (entry->hash != hash || strcmp(entry->uri, uri) != 0))
        entry = entry->next;
    return entry;
}

static void drop_matching(struct cache *cache, const char *tag)
{
    for (struct entry *entry = cache->newest, *older; entry; entry = older) {
        older = entry->older;
        if (!tag || strcmp(tag, "*") == 0 || strcmp(entry->tag, tag) == 0)
            entry_remove(cache, entry);
    }
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    drop_matching(cache, NULL);
    (void)pthread_mutex_destroy(&cache->mutex);
    free(cache);
}

void cache_enable(struct cache *cache, bool enabled)
{
    (void)pthread_mutex_lock(&cache->mutex);
    cache->enabled = enabled && cache->max_bytes > 0;
    cache->generation++;
    drop_matching(cache, NULL);
    (void)pthread_mutex_unlock(&cache->mutex);
}

struct cached *cache_get(struct cache *cache, const char *uri)
{
    uint64_t hash = hash_of(uri);
    struct cached *cached = NULL;
    (void)pthread_mutex_lock(&cache->mutex);
    struct entry *entry = entry_find(cache, uri, hash);
    if (entry) {
        use_unlink(cache, entry);
        use_first(cache, entry);
        cached = entry->cached;
        (void)atomic_fetch_add(&cached->references, 1);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
    metrics_add(cache->metrics, cached ? COUNTER_CACHE_HITS : COUNTER_CACHE_MISSES, 1);
    return cached;
}

uint64_t cache_generation(struct cache *cache)
{
    (void)pthread_mutex_lock(&cache->mutex);
    uint64_t generation = cache->generation;
    (void)pthread_mutex_unlock(&cache->mutex);
    return generation;
}

static bool is_welcome(const struct cache *cache, uint64_t generation, const struct cached *cached)
{
    return cache->enabled && generation == cache->generation &&
           cached->size <= cache->max_bytes / 4;
}

static void entry_add(struct cache *cache, const char *uri, const char *tag, struct cached *cached)
{
    size_t len = strlen(uri) + 1;
    struct entry *entry = xcalloc(1, sizeof(*entry) + len);
    memcpy(entry->uri, uri, len);
    (void)atomic_fetch_add(&cached->references, 1);
    entry->cached = cached;
    entry->tag = xstrdup(tag);
    entry->hash = hash_of(uri);
    entry->next = cache->buckets[entry->hash % BUCKETS];
    cache->buckets[entry->hash % BUCKETS] = entry;
    use_first(cache, entry);
    held_set(cache, cache->entries + 1, cache->bytes + cached->size);
}

void cache_keep(struct cache *cache, const char *uri, const char *tag, uint64_t generation,
                struct cached *cached)
{
    (void)pthread_mutex_lock(&cache->mutex);
    if (is_welcome(cache, generation, cached)) {
        struct entry *same = entry_find(cache, uri, hash_of(uri));
        if (same)
            entry_remove(cache, same);
        while (cache->oldest &&
               (cache->entries >= ENTRIES_MAX || cache->bytes + cached->size > cache->max_bytes))
            entry_remove(cache, cache->oldest);
        entry_add(cache, uri, tag, cached);
    }
    (void)pthread_mutex_unlock(&cache->mutex);
}

void cache_drop(struct cache *cache, const char *tag)
{
    (void)pthread_mutex_lock(&cache->mutex);
    cache->generation++;
    drop_matching(cache, tag);
    (void)pthread_mutex_unlock(&cache->mutex);
}
