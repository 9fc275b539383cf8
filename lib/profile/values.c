/* Keys whose value is one thing: a flag, a name of a list, a text, a list of texts, a hook. */
#include <string.h>

#include "lib/base/text.h"
#include "lib/profile/keys.h"
#include "lib/profile/resolver.h"

bool profile_apply_ignored(struct resolver *resolver, const char *key, const struct doc *value,
                           unsigned arg)
{
    (void)resolver, (void)key, (void)value, (void)arg;
    return true;
}

static bool asks(const struct doc *value)
{
    switch (value->kind) {
    case DOC_NULL:
        return false;
    case DOC_BOOL:
        return value->boolean;
    case DOC_LIST:
    case DOC_TABLE:
        return value->count > 0;
    case DOC_INTEGER:
    case DOC_REAL:
    case DOC_TEXT:
    case DOC_TIME:
        return true;
    }
    __builtin_unreachable();
}

/* Takes back what a base asked with a key. */
static void unheld_drop(struct resolver *resolver, const char *key)
{
    struct list *notes = &resolver->profile->unsupported;
    struct list kept = { 0 };
    LIST_FOREACH (*notes, struct profile_note, note)
        if (strcmp(note->key, key) != 0)
            *LIST_ADD(resolver->arena, &kept, struct profile_note) = *note;
    *notes = kept;
}

bool profile_apply_unheld(struct resolver *resolver, const char *key, const struct doc *value,
                          unsigned arg)
{
    const char *harmless = profile_key_harmless(key);
    enum doc_kind expected = (enum doc_kind)arg;
    if (value->kind != expected && value->kind != DOC_NULL)
        return profile_kind_fault(resolver, value, key, doc_kind_name(expected));
    bool said = value->kind == DOC_TEXT && harmless && strcmp(value->text, harmless) == 0;
    if (value->kind == DOC_BOOL || value->kind == DOC_TEXT)
        unheld_drop(resolver, key);
    if (!said && asks(value))
        profile_unheld(resolver, value, key, "is not held by this version");
    return true;
}

static void *slot_of(struct resolver *resolver, unsigned offset)
{
    return (char *)resolver->profile + offset;
}

bool profile_apply_bool(struct resolver *resolver, const char *key, const struct doc *value,
                        unsigned arg)
{
    if (value->kind != DOC_BOOL)
        return profile_kind_fault(resolver, value, key, "true or false");
    *(bool *)slot_of(resolver, arg) = value->boolean;
    return true;
}

/* true, false, or the name of the one digest that there is. */
bool profile_apply_integrity(struct resolver *resolver, const char *key, const struct doc *value,
                             unsigned arg)
{
    if (value->kind == DOC_TEXT && strcmp(value->text, "sha256") == 0) {
        *(bool *)slot_of(resolver, arg) = true;
        return true;
    }
    return profile_apply_bool(resolver, key, value, arg);
}

bool profile_apply_text(struct resolver *resolver, const char *key, const struct doc *value,
                        unsigned arg)
{
    if (value->kind == DOC_NULL)
        return true;
    return profile_text(resolver, value, key, slot_of(resolver, arg));
}

bool profile_apply_texts(struct resolver *resolver, const char *key, const struct doc *value,
                         unsigned arg)
{
    if (value->kind != DOC_LIST)
        return profile_kind_fault(resolver, value, key, "a list of text");
    DOC_FOREACH (value, item) {
        const char *text;
        if (!profile_entry_count(resolver, item) || !profile_text(resolver, item, key, &text) ||
            !profile_name_add(resolver, item, key, slot_of(resolver, arg), text))
            return false;
    }
    return true;
}

bool profile_apply_allow_variables(struct resolver *resolver, const char *key,
                                   const struct doc *value, unsigned arg)
{
    if (!profile_apply_texts(resolver, key, value, arg))
        return false;
    bool said = value->count || resolver->part->dialect == PROFILE_DIALECT_OURS;
    resolver->profile->environment_allowed |= said;
    return true;
}

static bool is_variable_name(const char *name)
{
    return *name && strchr(name, '=') == NULL && text_is_printable(name);
}

bool profile_apply_set_variables(struct resolver *resolver, const char *key,
                                 const struct doc *value, unsigned arg)
{
    struct list *variables = slot_of(resolver, arg);
    if (value->kind != DOC_TABLE)
        return profile_kind_fault(resolver, value, key, "a table of variables");
    DOC_FOREACH (value, item) {
        const char *text;
        if (strlen(item->key) != item->key_len || !is_variable_name(item->key))
            return doc_fault_key(resolver->err, item, "%s: not a variable's name", key);
        if (strcmp(item->key, "PATH") == 0 || text_starts(item->key, "NONO_"))
            return doc_fault_key(resolver->err, item, "%s: %.64s cannot be set", key, item->key);
        if (!profile_entry_count(resolver, item) || !profile_text(resolver, item, key, &text))
            return false;
        struct profile_variable *slot = NULL;
        LIST_FOREACH (*variables, struct profile_variable, old)
            if (strcmp(old->name, item->key) == 0)
                slot = old;
        if (!slot && variables->count == PROFILE_NAMES_MAX)
            return doc_fault(resolver->err, item, "%s: more than %d names", key, PROFILE_NAMES_MAX);
        if (!slot)
            slot = LIST_ADD(resolver->arena, variables, struct profile_variable);
        *slot = (struct profile_variable){ item->key, text };
    }
    return true;
}

static bool name_find(struct resolver *resolver, const char *key, const struct doc *value,
                      const char *const *names, int *out)
{
    const char *text, *known = "";
    size_t count = 0;
    if (!profile_text(resolver, value, key, &text))
        return false;
    for (; names[count]; count++) {
        if (strcmp(names[count], text) == 0) {
            *out = (int)count;
            return true;
        }
        known = arena_printf(resolver->arena, "%s%s%s", known, count ? ", " : "", names[count]);
    }
    doc_fault(resolver->err, value, "%s: unknown value \"%.64s\"", key, text);
    error_field(resolver->err, "%s", key);
    return error_hint(resolver->err, "one of: %s", known);
}

/* Enumerations of struct profile have int's size: a static assertion in keys.c holds that. */
bool profile_apply_enum(struct resolver *resolver, const char *key, const struct doc *value,
                        unsigned arg)
{
    if (value->kind == DOC_NULL)
        return true;
    int found;
    if (!name_find(resolver, key, value, profile_key_names(key), &found))
        return false;
    memcpy(slot_of(resolver, arg), &found, sizeof(found));
    return true;
}

/* workdir = "read", or a table with access; the original's "none" leaves a base's choice. */
bool profile_apply_workdir(struct resolver *resolver, const char *key, const struct doc *value,
                           unsigned arg)
{
    static const char *const names[] = { "none", "read", "write", "readwrite", NULL };
    int found;
    (void)arg;
    if (value->kind == DOC_TABLE) {
        const struct doc *access = doc_find(value, "access");
        DOC_FOREACH (value, member)
            if (!profile_key_is(member, "access"))
                return doc_fault_key(resolver->err, member, "workdir: unknown key \"%.64s\"",
                                     member->key);
        return !access || profile_apply_workdir(resolver, "workdir.access", access, arg);
    }
    if (!name_find(resolver, key, value, names, &found))
        return false;
    bool ours = resolver->part->dialect == PROFILE_DIALECT_OURS;
    if (ours && found == PROFILE_WORKDIR_WRITE)
        found = PROFILE_WORKDIR_READWRITE;
    if (ours || found != PROFILE_WORKDIR_NONE)
        resolver->profile->workdir = (enum profile_workdir)found;
    return true;
}

/*
 * It runs outside: what a path means must not depend on where somebody stands, and a pack has no
 * say in what is not its own.
 */
static bool script_place(struct resolver *resolver, const struct doc *value, const char *key,
                         const char *written)
{
    const char *pack = resolver->part->pack;
    bool own = text_starts(written, "$PACK_DIR/") || text_starts(written, "${PACK_DIR}/");
    if (pack ? own : *written == '/' || *written == '$' || text_starts(written, "~/"))
        return true;
    if (pack)
        doc_fault(resolver->err, value, "%s: \"%.128s\" is not a file of %.128s", key, written,
                  pack);
    else
        doc_fault(resolver->err, value, "%s: \"%.128s\" is not an absolute path", key, written);
    error_field(resolver->err, "%s", key);
    return pack ? error_hint(resolver->err, "its own begin with $PACK_DIR/") : false;
}

/* arg: the offset of the hook. */
bool profile_apply_hook(struct resolver *resolver, const char *key, const struct doc *value,
                        unsigned arg)
{
    struct profile_hook hook = { .timeout_s = 30, .origin = profile_origin_of(resolver, value) };
    if (value->kind == DOC_NULL)
        return true;
    if (value->kind != DOC_TABLE)
        return profile_kind_fault(resolver, value, key, "a table with script");
    DOC_FOREACH (value, member) {
        if (profile_key_is(member, "script")) {
            if (!profile_text(resolver, member, key, &hook.written))
                return false;
        } else if (!profile_key_is(member, "timeout_secs")) {
            return doc_fault_key(resolver->err, member, "%s: unknown key \"%.64s\"", key,
                                 member->key);
        } else if (member->kind != DOC_INTEGER || member->integer < 1 || member->integer > 3600) {
            return profile_kind_fault(resolver, member, key, "seconds from 1 to 3600");
        } else {
            hook.timeout_s = member->integer;
        }
    }
    if (!hook.written)
        return doc_fault(resolver->err, value, "%s: script: missing", key);
    if (!script_place(resolver, value, key, hook.written))
        return false;
    if (!profile_expand(resolver, value, hook.written, true, &hook.script))
        return error_field(resolver->err, "%s", key);
    hook.of_pack = resolver->part->pack != NULL;
    *(struct profile_hook *)slot_of(resolver, arg) = hook;
    return true;
}
