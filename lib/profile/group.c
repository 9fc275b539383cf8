/*
 * Groups: named lists of paths that profiles compose. A group's grants give way to a profile's own
 * for the same path; its denies hold until a profile lifts one by name.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/profile/resolver.h"

static bool refs_add(struct resolver *resolver, struct list *refs, const char *key,
                     const struct doc *value)
{
    if (value->kind != DOC_LIST)
        return profile_kind_fault(resolver, value, key, "a list of groups");
    DOC_FOREACH (value, item) {
        struct profile_item entry;
        if (!profile_item_read(resolver, item, key, "name", &entry))
            return false;
        if (!entry.holds)
            continue;
        struct profile_group_ref *ref = profile_group_ref_new(resolver->arena, refs);
        *ref = (struct profile_group_ref){
            .name = entry.text, .when = entry.when, .doc = item, .pack = resolver->part->pack
        };
    }
    return true;
}

bool profile_apply_groups(struct resolver *resolver, const char *key, const struct doc *value,
                          unsigned arg)
{
    if (arg == 'x')
        return refs_add(resolver, &resolver->exclude, key, value);
    if (value->kind == DOC_LIST)
        return refs_add(resolver, &resolver->include, key, value);
    if (value->kind != DOC_TABLE)
        return profile_kind_fault(resolver, value, key, "a list of groups, or include and exclude");
    DOC_FOREACH (value, member) {
        bool include = profile_key_is(member, "include");
        if (!include && !profile_key_is(member, "exclude")) {
            doc_fault_key(resolver->err, member, "groups: unknown key \"%.64s\"", member->key);
            return error_hint(resolver->err, "groups has \"include\" and \"exclude\"");
        }
        if (member->kind == DOC_NULL)
            continue;
        if (!refs_add(resolver, include ? &resolver->include : &resolver->exclude,
                      include ? "groups.include" : "groups.exclude", member))
            return false;
    }
    return true;
}

static bool unknown_group(struct resolver *resolver, const char *name, const struct doc *asked)
{
    const char *const *names = profile_group_names();
    size_t count = 0;
    while (names[count])
        count++;
    if (asked)
        doc_fault(resolver->err, asked, "there is no group \"%.64s\"", name);
    else
        error_set(resolver->err, INVALID, "there is no group \"%.64s\"", name);
    error_field(resolver->err, "groups");
    const char *near = text_nearest(name, names, count);
    if (near)
        return error_hint(resolver->err, "did you mean \"%s\"?", near);
    return error_hint(resolver->err, "`nono profile groups` lists them");
}

/* A group that was found. Two packs may have groups of one name: the id tells them apart. */
struct group {
    const struct doc *doc;
    const char *id;
};

/* A failure of the source, at the place that names the group. */
static bool source_fault(struct resolver *resolver, const struct doc *asked,
                         const struct error *inner)
{
    if (!asked) {
        *resolver->err = *inner;
        return false;
    }
    doc_fault(resolver->err, asked, "groups: %s", inner->message);
    resolver->err->kind = inner->kind;
    return *inner->hint ? error_hint(resolver->err, "%s", inner->hint) : false;
}

static bool table_read(struct resolver *resolver, const struct profile_text *text)
{
    struct doc *doc;
    if (resolver->groups_text == text->text)
        return true;
    if (!profile_parse(text, resolver->arena, &doc, resolver->err))
        return false;
    if (doc->kind == DOC_TABLE && doc->count > LIMIT_PACK_GROUPS)
        return error_set(resolver->err, TOO_LARGE, "%s: over %d groups", text->file,
                         LIMIT_PACK_GROUPS);
    resolver->groups_doc = doc;
    resolver->groups_text = text->text;
    resolver->groups_file = text->file;
    return true;
}

/* The pack whose groups a reference is to; NULL when that is any. */
static const char *pack_of(struct resolver *resolver, const struct profile_group_ref *ref)
{
    const char *slash = strrchr(ref->name, '/');
    return slash ? arena_strndup(resolver->arena, ref->name, (size_t)(slash - ref->name))
                 : ref->pack;
}

/* One table of a pack has all its groups, and a profile names many: it is read once. */
static bool table_find(struct resolver *resolver, const struct profile_group_ref *ref)
{
    const struct profile_source *source = &resolver->env->source;
    const char *pack = pack_of(resolver, ref);
    if (pack && resolver->groups_pack && strcmp(pack, resolver->groups_pack) == 0)
        return true;
    struct profile_text text = { 0 };
    struct error inner = { 0 };
    resolver->groups_pack = NULL;
    if (source->find_group &&
        !source->find_group(source->context, ref->name, ref->pack, resolver->arena, &text, &inner))
        return source_fault(resolver, ref->doc, &inner);
    if (!text.text)
        return error_false(unknown_group(resolver, ref->name, ref->doc));
    if (!table_read(resolver, &text))
        return false;
    resolver->groups_pack = pack;
    return true;
}

static bool packs_group_find(struct resolver *resolver, const struct profile_group_ref *ref,
                             struct group *out)
{
    if (!table_find(resolver, ref))
        return false;
    const char *slash = strrchr(ref->name, '/');
    const char *name = slash ? slash + 1 : ref->name;
    *out = (struct group){ doc_find(resolver->groups_doc, name),
                           arena_printf(resolver->arena, "%s#%s", resolver->groups_file, name) };
    return out->doc ? true : error_false(unknown_group(resolver, ref->name, ref->doc));
}

/* Built-in ones go first: no pack changes what their names mean. */
static bool group_find(struct resolver *resolver, const struct profile_group_ref *ref,
                       struct group *out)
{
    struct profile_text text;
    struct doc *doc;
    profile_group_find(ref->name, &text);
    if (!text.text) {
        if (!packs_group_find(resolver, ref, out))
            return false;
    } else {
        if (!profile_parse(&text, resolver->arena, &doc, resolver->err))
            return false;
        *out = (struct group){ doc, ref->name };
    }
    if (out->doc->kind != DOC_TABLE)
        return doc_fault(resolver->err, out->doc, "expected a group, found %s",
                         doc_kind_name(out->doc->kind));
    return true;
}

void profile_default_read(struct arena *arena, struct profile_text *out)
{
    struct error err;
    profile_builtin_find(PROFILE_DEFAULT, out);
    if (!profile_parse(out, arena, &out->doc, &err))
        abort(); /* data of ours that is none */
}

void profile_groups_of_default(const struct profile_text *standard, struct arena *arena,
                               struct list *out)
{
    *out = (struct list){ 0 };
    DOC_FOREACH (doc_find(standard->doc, "groups"), group)
        profile_texts_add(arena, out, group->text);
    profile_texts_add(arena, out, "linux_name_lookup");
}

void profile_protections(struct arena *arena, struct list *out)
{
    struct profile_text standard;
    struct list all;
    profile_default_read(arena, &standard);
    profile_groups_of_default(&standard, arena, &all);
    *out = (struct list){ 0 };
    LIST_FOREACH (all, const char *, name)
        if (text_starts(*name, "deny_"))
            profile_texts_add(arena, out, *name);
}

/* allow.read, allow.write and allow.readwrite in the original's sense; and allow.state. */
#define STATE_ACCESS (PROFILE_READ | PROFILE_WRITE | PROFILE_EXECUTE)

static bool allow_apply(struct resolver *resolver, const struct doc *allow)
{
    static const struct {
        const char *key;
        unsigned access;
    } lists[] = {
        { "read", PROFILE_READ | PROFILE_EXECUTE },
        { "write", PROFILE_WRITE },
        { "readwrite", PROFILE_READ | PROFILE_WRITE | PROFILE_EXECUTE },
    };
    if (allow->kind != DOC_TABLE)
        return profile_kind_fault(resolver, allow, "allow", "a table");
    DOC_FOREACH (allow, list) {
        size_t i = 0;
        if (profile_key_is(list, "state")) {
            if (!profile_apply_state(resolver, "allow.state", list, STATE_ACCESS))
                return false;
            continue;
        }
        while (i < COUNT(lists) && !profile_key_is(list, lists[i].key))
            i++;
        if (i == COUNT(lists))
            return doc_fault_key(resolver->err, list, "allow: unknown key \"%.64s\"", list->key);
        if (!profile_apply_paths(resolver, "allow", list, lists[i].access))
            return false;
    }
    return true;
}

/* What macOS alone can tell apart (unlinking) is passed over. */
static bool deny_apply(struct resolver *resolver, const struct doc *deny)
{
    if (deny->kind != DOC_TABLE)
        return profile_kind_fault(resolver, deny, "deny", "a table");
    DOC_FOREACH (deny, list) {
        bool ok = true;
        if (profile_key_is(list, "access"))
            ok = profile_apply_denies(resolver, "deny.access", list, 0);
        else if (profile_key_is(list, "commands"))
            ok = profile_apply_texts(resolver, "deny.commands", list,
                                     offsetof(struct profile, commands_deny));
        else if (!profile_key_is(list, "unlink") &&
                 !profile_key_is(list, "unlink_override_for_user_writable"))
            ok = doc_fault_key(resolver->err, list, "deny: unknown key \"%.64s\"", list->key);
        if (!ok)
            return false;
    }
    return true;
}

static bool members_apply(struct resolver *resolver, const struct doc *group)
{
    static const char *const passive[] = { "description", "platform", "required", "symlink_pairs" };
    DOC_FOREACH (group, member) {
        bool known = false;
        for (size_t i = 0; i < COUNT(passive); i++)
            known |= profile_key_is(member, passive[i]);
        if (known || member->kind == DOC_NULL)
            continue;
        bool allow = profile_key_is(member, "allow");
        if (!allow && !profile_key_is(member, "deny"))
            return doc_fault_key(resolver->err, member, "group: unknown key \"%.64s\"",
                                 member->key);
        if (allow ? !allow_apply(resolver, member) : !deny_apply(resolver, member))
            return false;
    }
    return true;
}

/* One that is named for another system too is applied for each: neither hides the other. */
static const char *seen_as(struct resolver *resolver, const struct profile_group_ref *ref,
                           const char *id)
{
    return ref->when ? arena_printf(resolver->arena, "%s when %s", id, ref->when) : id;
}

bool profile_group_apply(struct resolver *resolver, const struct profile_group_ref *ref)
{
    static const struct profile_part no_pack = { .dialect = PROFILE_DIALECT_ORIGINAL };
    const struct profile_platform *platform = resolver->env->platform;
    const char *name = ref->name;
    struct group group;
    if (platform && profile_group_is_foreign(name, platform->os))
        return true;
    if (profile_texts_have(&resolver->groups_seen, seen_as(resolver, ref, name)))
        return true; /* built in: its name is its id */
    if (!group_find(resolver, ref, &group))
        return false;
    const char *seen = seen_as(resolver, ref, group.id);
    if (profile_texts_have(&resolver->groups_seen, seen))
        return true;
    profile_texts_add(resolver->arena, &resolver->groups_seen, seen);
    const char *system = doc_text(group.doc, "platform");
    if (platform && system && strcmp(platform->os, system) != 0)
        return true;

    struct resolver outer = *resolver;
    resolver->part = &no_pack;
    resolver->level = PROFILE_FROM_GROUP;
    resolver->origin_name = arena_join(resolver->arena, "group ", name);
    resolver->when = platform ? NULL : (ref->when ? ref->when : system);
    resolver->common = profile_texts_have(&resolver->common_groups, name); /* no pack's has it */
    bool ok = members_apply(resolver, group.doc);
    resolver->part = outer.part;
    resolver->level = outer.level;
    resolver->origin_name = outer.origin_name;
    resolver->when = outer.when;
    resolver->common = outer.common;
    if (ok)
        profile_texts_add(resolver->arena, &resolver->profile->groups, name);
    return ok;
}

/* Whether a group is excluded; one that is required cannot be. */
static bool excluded(struct resolver *resolver, const struct profile_group_ref *ref, bool *out)
{
    struct profile_text builtin;
    struct group group = { .id = ref->name };
    *out = false;
    if (!resolver->exclude.count)
        return true;
    profile_group_find(ref->name, &builtin);
    if (!builtin.text && !group_find(resolver, ref, &group))
        return false;
    LIST_FOREACH (resolver->exclude, const struct profile_group_ref, exclusion) {
        if (strcmp(exclusion->id, group.id) != 0 || exclusion->when)
            continue;
        if (exclusion->required) {
            doc_fault(resolver->err, exclusion->doc, "the group %s cannot be excluded",
                      exclusion->name);
            return error_hint(resolver->err,
                              "lift one protection with filesystem.bypass_protection");
        }
        *out = true;
    }
    return true;
}

/* Which group is meant: a name that means nothing protects nothing, and is a fault. */
static bool exclusion_settle(struct resolver *resolver, struct profile_group_ref *ref)
{
    struct profile_text builtin;
    struct group group;
    profile_group_find(ref->name, &builtin);
    if (builtin.text) {
        ref->id = ref->name;
        ref->required = profile_group_is_required(&builtin);
        return true;
    }
    if (!group_find(resolver, ref, &group))
        return false;
    const struct doc *required = doc_find(group.doc, "required");
    ref->id = group.id;
    ref->required = required && required->kind == DOC_BOOL && required->boolean;
    return true;
}

bool profile_groups_settle(struct resolver *resolver)
{
    LIST_FOREACH (resolver->exclude, struct profile_group_ref, ref)
        if (!exclusion_settle(resolver, ref))
            return false;
    LIST_FOREACH (resolver->include, struct profile_group_ref, ref) {
        bool skip;
        if (!excluded(resolver, ref, &skip))
            return false;
        if (!skip && !profile_group_apply(resolver, ref))
            return false;
    }
    return true;
}
