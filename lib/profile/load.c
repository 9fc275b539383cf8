/* Finding a profile's documents and applying them, bases first. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "lib/profile/resolver.h"
#include "lib/toml/toml.h"
#include "lib/yaml/yaml.h"

bool profile_syntax_of(const char *file, enum profile_syntax *out)
{
    static const struct {
        const char *ending;
        enum profile_syntax syntax;
    } endings[] = {
        { ".toml", PROFILE_TOML },  { ".yaml", PROFILE_YAML }, { ".yml", PROFILE_YAML },
        { ".jsonc", PROFILE_JSON }, { ".json", PROFILE_JSON },
    };
    for (size_t i = 0; i < COUNT(endings); i++) {
        if (text_ends(file, endings[i].ending) && strlen(file) > strlen(endings[i].ending)) {
            *out = endings[i].syntax;
            return true;
        }
    }
    return false;
}

bool profile_parse(const struct profile_text *text, struct arena *arena, struct doc **out,
                   struct error *err)
{
    if (text->doc) {
        *out = text->doc;
        return true;
    }
    if (text->len > LIMIT_PROFILE_BYTES)
        return error_set(err, TOO_LARGE, "%s: larger than a profile may be (%zu bytes)", text->file,
                         LIMIT_PROFILE_BYTES);
    switch (text->syntax) {
    case PROFILE_TOML:
        return toml_parse(text->text, text->len, text->file, arena, out, err);
    case PROFILE_YAML:
        return yaml_parse(text->text, text->len, text->file, arena, out, err);
    case PROFILE_JSON:
        return json_parse(text->text, text->len, text->file, JSON_COMMENTS, arena, out, err);
    }
    __builtin_unreachable();
}

static bool is_path(const char *name)
{
    enum profile_syntax syntax;
    return profile_syntax_of(name, &syntax);
}

/* The folder of a pack that is being made: a profile beside its manifest has $PACK_DIR too. */
static const char *pack_folder_of(const char *path, struct arena *arena)
{
    CLEANUP(freep) char *real = realpath(path, NULL);
    char *slash = real ? strrchr(real, '/') : NULL;
    if (!slash)
        return NULL;
    *slash = '\0';
    struct stat info;
    if (stat(path_join(arena, real, "package.json"), &info) != 0 || !S_ISREG(info.st_mode))
        return NULL;
    return arena_strndup(arena, real, strlen(real));
}

static bool path_read(const char *path, struct arena *arena, struct profile_text *out,
                      struct error *err)
{
    *out = (struct profile_text){ .file = arena_strndup(arena, path, strlen(path)),
                                  .pack_dir = pack_folder_of(path, arena) };
    (void)profile_syntax_of(path, &out->syntax);
    if (file_read_path(path, LIMIT_PROFILE_BYTES, arena, &out->text, &out->len, err))
        return true;
    return error_prefix(err, "profile %s", path);
}

/* A file is what somebody may have meant, or a folder. */
static bool no_profile_file(const char *name, struct error *err)
{
    struct stat info;
    if (!strchr(name, '/') || stat(name, &info) != 0)
        return false;
    error_set(err, INVALID, "%.128s is no profile: its name has none of a profile's endings", name);
    error_hint(err, "a profile is a file that ends in .toml, .yaml, .yml, .json or .jsonc");
    return true;
}

static bool not_found(const struct profile_env *env, const char *name, struct arena *arena,
                      struct error *err)
{
    struct list names = { 0 };
    struct error ignored = { 0 };
    const char *near = NULL;
    if (no_profile_file(name, err))
        return false;
    if (env->source.list_profiles &&
        env->source.list_profiles(env->source.context, arena, &names, &ignored))
        near = text_nearest(name, names.items, names.count);
    error_set(err, NOT_FOUND, "there is no profile \"%.128s\"", name);
    return near ? error_hint(err, "did you mean \"%s\"?", near)
                : error_hint(err, "`nono profile list` shows those there are");
}

/* A user may have a `default` of their own, to run under; a pack may not. */
static bool name_find(const struct profile_env *env, const char *name,
                      const struct profile_asker *asker, struct arena *arena,
                      struct profile_text *out, struct error *err)
{
    bool standard = strcmp(name, PROFILE_DEFAULT) == 0;
    *out = (struct profile_text){ 0 };
    if (env->source.find_profile && !(standard && asker->base) &&
        !env->source.find_profile(env->source.context, name, asker, arena, out, err))
        return false;
    if (!out->text || (out->pack && standard))
        profile_builtin_find(name, out);
    return out->text ? true : not_found(env, name, arena, err);
}

static bool is_applied(const struct resolver *resolver, const char *name,
                       const struct profile_text *text)
{
    LIST_FOREACH (resolver->profile->parts, struct profile_part, part)
        if (strcmp(part->file, text->file) == 0 && strcmp(part->name, name) == 0)
            return true;
    return false;
}

/* By its place: a name alone may be two packs'. Built-in ones have one place. */
static bool is_under_way(const struct resolver *resolver, const char *name,
                         const struct profile_text *text)
{
    for (unsigned i = 0; i < resolver->chain_len; i++)
        if (strcmp(resolver->chain[i].file, text->file) == 0 &&
            (!text->builtin || strcmp(resolver->chain[i].name, name) == 0))
            return true;
    return false;
}

static bool document_apply(struct resolver *resolver, const char *name,
                           const struct profile_text *text);

/* A base's place as a path is told from the document that names it; a pack names none. */
static bool base_find(struct resolver *resolver, const struct profile_text *from,
                      const struct doc *item, const char *name, struct profile_text *out)
{
    const struct profile_asker asker = { .pack = from->pack, .base = true };
    struct error inner = { 0 };
    bool path = is_path(name), found;
    if (path && (from->pack || from->builtin || !resolver->env->platform))
        return doc_fault(resolver->err, item, "extends: \"%.128s\": a pack cannot name a file",
                         name);
    if (path && *name != '/' && strchr(from->file, '/')) {
        size_t folder = (size_t)(strrchr(from->file, '/') - from->file);
        name = arena_printf(resolver->arena, "%.*s/%s", (int)folder, from->file, name);
    }
    found = path ? path_read(name, resolver->arena, out, &inner)
                 : name_find(resolver->env, name, &asker, resolver->arena, out, &inner);
    if (found)
        return true;
    enum error_kind kind = inner.kind;
    doc_fault(resolver->err, item, "extends: %s", inner.message);
    resolver->err->kind = kind;
    return *inner.hint ? error_hint(resolver->err, "%s", inner.hint) : false;
}

/* NOLINTNEXTLINE(misc-no-recursion): the chain of bases is bounded */
static bool base_apply(struct resolver *resolver, const struct profile_text *from,
                       const struct doc *item)
{
    const char *name;
    struct profile_text text;
    if (!profile_text(resolver, item, "extends", &name))
        return false;
    if (++resolver->bases_named > PROFILE_BASES_NAMED)
        return doc_fault(resolver->err, item, "extends: more than %d names", PROFILE_BASES_NAMED);
    if (resolver->chain_len > PROFILE_BASES_MAX)
        return doc_fault(resolver->err, item, "extends: more than %d deep", PROFILE_BASES_MAX);
    if (!base_find(resolver, from, item, name, &text))
        return false;
    if (is_under_way(resolver, name, &text))
        return doc_fault(resolver->err, item, "extends: \"%.64s\" comes back to itself", name);
    if (is_applied(resolver, name, &text))
        return true;
    resolver->chain[resolver->chain_len++] = (struct profile_link){ name, text.file };
    bool ok = document_apply(resolver, name, &text);
    resolver->chain_len--;
    return ok;
}

/* NOLINTNEXTLINE(misc-no-recursion): the chain of bases is bounded */
static bool bases_apply(struct resolver *resolver, const struct profile_text *from,
                        const struct doc *extends)
{
    if (!extends || extends->kind == DOC_NULL)
        return true;
    if (extends->kind != DOC_LIST)
        return base_apply(resolver, from, extends);
    DOC_FOREACH (extends, item)
        if (!base_apply(resolver, from, item))
            return false;
    return true;
}

static bool part_add(struct resolver *resolver, const char *name, const struct profile_text *text,
                     const struct doc *doc)
{
    struct list *parts = &resolver->profile->parts;
    if (parts->count >= PROFILE_PARTS_MAX)
        return doc_fault(resolver->err, doc, "extends: more than %d profiles", PROFILE_PARTS_MAX);
    bool neutral = text->builtin && strcmp(name, PROFILE_DEFAULT) == 0;
    struct profile_part *part = ARENA_NEW(resolver->arena, struct profile_part);
    *part = (struct profile_part){
        .name = name,
        .file = text->file,
        .pack = text->pack,
        .pack_dir = text->pack_dir,
        .builtin = text->builtin,
        .dialect = text->syntax == PROFILE_JSON ? PROFILE_DIALECT_ORIGINAL : PROFILE_DIALECT_OURS,
    };
    *LIST_ADD(resolver->arena, parts, struct profile_part) = *part;
    struct profile *profile = resolver->profile;
    profile->description = profile->version = profile->author = NULL; /* a base's own, not ours */
    resolver->part = part;
    resolver->origin_name = name;
    resolver->common = neutral;
    resolver->level = neutral ? PROFILE_FROM_GROUP : PROFILE_FROM_PROFILE;
    resolver->ours |= !neutral && part->dialect == PROFILE_DIALECT_OURS;
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): the chain of bases is bounded */
static bool tree_apply(struct resolver *resolver, const char *name, const struct profile_text *text,
                       const struct doc *doc)
{
    if (text->syntax == PROFILE_JSON && doc->kind == DOC_NULL) /* a YAML file may be empty */
        return doc_fault(resolver->err, doc, "expected a profile, found null");
    resolver->values += doc_count(doc);
    if (resolver->values > PROFILE_VALUES_MAX)
        return doc_fault(resolver->err, doc, "over %d values in this profile and its bases",
                         PROFILE_VALUES_MAX);
    return bases_apply(resolver, text, doc_find(doc, "extends")) &&
           part_add(resolver, name, text, doc) && profile_keys_apply(resolver, doc);
}

/* NOLINTNEXTLINE(misc-no-recursion): the chain of bases is bounded */
static bool document_apply(struct resolver *resolver, const char *name,
                           const struct profile_text *text)
{
    struct doc *doc;
    return profile_parse(text, resolver->arena, &doc, resolver->err) &&
           tree_apply(resolver, name, text, doc);
}

static bool is_empty_list(const struct doc *doc)
{
    return doc && doc->kind == DOC_LIST && !doc->count;
}

/*
 * `default`, unless the profile says that it has no base, or is that itself; then what the command
 * line names.
 */
static bool roots_apply(struct resolver *resolver, const struct doc *leaf,
                        const struct profile_overrides *overrides)
{
    struct profile_text text;
    if (!is_empty_list(doc_find(leaf, "extends")) &&
        !tree_apply(resolver, PROFILE_DEFAULT, &resolver->standard, resolver->standard.doc))
        return false;
    const struct profile_asker users = { .base = true };
    const char *const *extends = overrides ? overrides->extends : NULL;
    for (; extends && *extends; extends++) {
        bool found = is_path(*extends) ? path_read(*extends, resolver->arena, &text, resolver->err)
                                       : name_find(resolver->env, *extends, &users, resolver->arena,
                                                   &text, resolver->err);
        if (!found)
            return error_prefix(resolver->err, "--extends");
        if (!is_applied(resolver, *extends, &text) && !document_apply(resolver, *extends, &text))
            return false;
    }
    return true;
}

bool profile_resolve(const struct profile_env *env, const char *name,
                     const struct profile_text *text, const struct profile_overrides *overrides,
                     struct arena *arena, struct profile **out, struct error *err)
{
    struct profile *profile = ARENA_NEW(arena, struct profile);
    profile->name = arena_strndup(arena, name, strlen(name));
    profile->dialect =
        text->syntax == PROFILE_JSON ? PROFILE_DIALECT_ORIGINAL : PROFILE_DIALECT_OURS;
    profile->audit_integrity = true;
    struct resolver resolver = {
        .env = env,
        .arena = arena,
        .profile = profile,
        .err = err,
        .chain = { { profile->name, text->file } },
        .chain_len = 1,
    };
    profile_default_read(arena, &resolver.standard);
    profile_groups_of_default(&resolver.standard, arena, &resolver.common_groups);
    struct doc *doc = resolver.standard.doc;
    if ((text->text != resolver.standard.text && !profile_parse(text, arena, &doc, err)) ||
        !roots_apply(&resolver, doc, overrides))
        return false;
    if (!is_applied(&resolver, profile->name, text) &&
        !tree_apply(&resolver, profile->name, text, doc))
        return false;
    if (!profile_finish(&resolver, overrides))
        return false;
    *out = profile;
    return true;
}

/* "agent" of "/x/agent.toml". */
static const char *stem_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    return arena_strndup(arena, name, (size_t)(strrchr(name, '.') - name));
}

bool profile_load(const struct profile_env *env, const char *name_or_path,
                  const struct profile_overrides *overrides, struct arena *arena,
                  struct profile **out, struct error *err)
{
    const struct profile_asker user = { 0 };
    struct profile_text text;
    if (!*name_or_path)
        return error_set(err, INVALID, "an empty name of a profile");
    if (is_path(name_or_path)) {
        if (!path_read(name_or_path, arena, &text, err))
            return false;
        return profile_resolve(env, stem_of(arena, name_or_path), &text, overrides, arena, out,
                               err);
    }
    return name_find(env, name_or_path, &user, arena, &text, err) &&
           profile_resolve(env, name_or_path, &text, overrides, arena, out, err);
}
