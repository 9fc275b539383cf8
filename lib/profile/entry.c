/* What every key has in common: lists that grow, items with conditions, faults with their place. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/profile/resolver.h"

#define TEXT_MAX 4095

#define ROOM_FIRST   4 /* powers of two */
#define GROUPS_FIRST 16
#define GRANTS_FIRST 32
#define PATHS_FIRST  64

/* Full at `first` and at every power of two above it. */
static void *list_add(struct arena *arena, struct list *list, size_t size, size_t first)
{
    size_t count = list->count;
    bool full = count == 0 || (count >= first && (count & (count - 1)) == 0);
    if (full) {
        void *items = arena_alloc(arena, count ? count * 2 : first, size);
        if (count)
            memcpy(items, list->items, count * size);
        list->items = items;
    }
    return (char *)list->items + list->count++ * size;
}

void *profile_list_add(struct arena *arena, struct list *list, size_t size)
{
    return list_add(arena, list, size, ROOM_FIRST);
}

struct profile_group_ref *profile_group_ref_new(struct arena *arena, struct list *list)
{
    return list_add(arena, list, sizeof(struct profile_group_ref), GROUPS_FIRST);
}

struct profile_path *profile_path_new(struct resolver *resolver, struct list *list)
{
    size_t first = list == &resolver->profile->grants ? GRANTS_FIRST : PATHS_FIRST;
    return list_add(resolver->arena, list, sizeof(struct profile_path), first);
}

bool profile_texts_have(const struct list *list, const char *text)
{
    LIST_FOREACH (*list, const char *, item)
        if (strcmp(*item, text) == 0)
            return true;
    return false;
}

void profile_texts_add(struct arena *arena, struct list *list, const char *text)
{
    if (!profile_texts_have(list, text))
        *LIST_ADD(arena, list, const char *) = text;
}

bool profile_name_add(struct resolver *resolver, const struct doc *item, const char *key,
                      struct list *list, const char *name)
{
    profile_texts_add(resolver->arena, list, name);
    return list->count <= PROFILE_NAMES_MAX ||
           doc_fault(resolver->err, item, "%s: more than %d names", key, PROFILE_NAMES_MAX);
}

bool profile_entry_count(struct resolver *resolver, const struct doc *item)
{
    if (++resolver->entries <= PROFILE_ENTRIES_MAX)
        return true;
    return doc_fault(resolver->err, item, "more than %d entries in this profile and its bases",
                     PROFILE_ENTRIES_MAX);
}

struct profile_origin profile_origin_of(const struct resolver *resolver, const struct doc *item)
{
    return (struct profile_origin){
        .level = resolver->level,
        .name = resolver->origin_name,
        .file = item ? item->source : NULL,
        .line = item ? item->line : 0,
        .column = item ? item->column : 0,
    };
}

static const char *note_text(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));

static const char *note_text(struct arena *arena, const char *format, va_list args)
{
    char text[512];
    (void)vsnprintf(text, sizeof(text), format, args);
    return arena_strndup(arena, text, strlen(text));
}

void profile_warn(struct resolver *resolver, const struct doc *item, const char *key,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct profile_note *note =
        LIST_ADD(resolver->arena, &resolver->profile->warnings, struct profile_note);
    note->key = key;
    note->text = note_text(resolver->arena, format, args);
    note->origin = profile_origin_of(resolver, item);
    va_end(args);
}

void profile_unheld(struct resolver *resolver, const struct doc *value, const char *key,
                    const char *format, ...)
{
    LIST_FOREACH (resolver->profile->unsupported, struct profile_note, old)
        if (strcmp(old->key, key) == 0)
            return;
    va_list args;
    va_start(args, format);
    struct profile_note *note =
        LIST_ADD(resolver->arena, &resolver->profile->unsupported, struct profile_note);
    note->key = key;
    note->text = note_text(resolver->arena, format, args);
    note->origin = value ? profile_origin_of(resolver, value) : profile_said_at(resolver, key);
    va_end(args);
}

struct profile_origin profile_said_at(const struct resolver *resolver, const char *key)
{
    LIST_FOREACH (resolver->said, struct profile_note, note)
        if (strcmp(note->key, key) == 0)
            return note->origin;
    return (struct profile_origin){ 0 };
}

bool profile_key_is(const struct doc *member, const char *key)
{
    return strlen(key) == member->key_len && memcmp(member->key, key, member->key_len) == 0;
}

bool profile_raise_kind(struct resolver *resolver, const struct doc *value, const char *key,
                        const char *expected)
{
    doc_fault(resolver->err, value, "%s: expected %s, found %s", key, expected,
              doc_kind_name(value->kind));
    return error_field(resolver->err, "%s", key);
}

bool profile_text(struct resolver *resolver, const struct doc *value, const char *key,
                  const char **out)
{
    if (value->kind != DOC_TEXT)
        return profile_kind_fault(resolver, value, key, "text");
    if (strlen(value->text) != value->len || value->len > TEXT_MAX) {
        doc_fault(resolver->err, value, "%s: %s", key,
                  value->len > TEXT_MAX ? "longer than 4095 bytes" : "contains NUL");
        return error_field(resolver->err, "%s", key);
    }
    *out = value->text;
    return true;
}

/* A `when` in words, for summaries: "linux", "macos or linux:debian". */
static const char *when_text(struct resolver *resolver, const struct doc *when)
{
    if (!when || when->kind == DOC_NULL)
        return NULL;
    if (when->kind == DOC_TEXT)
        return when->text;
    const char *out = NULL;
    DOC_FOREACH (when, item)
        out = out ? arena_printf(resolver->arena, "%s or %s", out, item->text) : item->text;
    return out;
}

static bool member_unknown(struct resolver *resolver, const struct doc *item, const char *key,
                           const char *member)
{
    DOC_FOREACH (item, child)
        if (!profile_key_is(child, member) && !profile_key_is(child, "when")) {
            doc_fault_key(resolver->err, child, "%s: unknown key \"%.64s\"", key, child->key);
            error_field(resolver->err, "%s", key);
            return !error_hint(resolver->err, "an entry has \"%s\" and \"when\"", member);
        }
    return false;
}

bool profile_item_when(struct resolver *resolver, const struct doc *item, struct profile_item *out)
{
    const struct doc *when = doc_find(item, "when");
    if (!profile_when_doc(when, resolver->env->platform, &out->holds, resolver->err))
        return false;
    if (!resolver->env->platform && when)
        out->when = when_text(resolver, when);
    return true;
}

bool profile_item_read(struct resolver *resolver, const struct doc *item, const char *key,
                       const char *member, struct profile_item *out)
{
    *out = (struct profile_item){ .when = resolver->when, .holds = true };
    if (!profile_entry_count(resolver, item))
        return false;
    if (item->kind != DOC_TABLE)
        return profile_text(resolver, item, key, &out->text);

    if (member_unknown(resolver, item, key, member))
        return false;
    const struct doc *text = doc_find(item, member);
    if (!text) {
        doc_fault(resolver->err, item, "%s: an entry without \"%s\"", key, member);
        return error_field(resolver->err, "%s", key);
    }
    return profile_text(resolver, text, key, &out->text) && profile_item_when(resolver, item, out);
}
