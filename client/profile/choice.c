/*
 * What `profile use` chose: $NONO_CONFIG/agents.toml, one line a program. The file is nono's own
 * and is written as a whole.
 */
#include <fcntl.h>
#include <string.h>

#include "client/profile/places.h"
#include "lib/base/buf.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/toml/toml.h"

#define CHOICE_FILE "agents.toml"
#define CHOICE_HEAD                                                             \
    "# The profile of each program that `nono run` starts without --profile.\n" \
    "# Written by `nono profile use`.\n\n[profiles]\n"

/* Text that a TOML string can hold without escapes. */
static bool is_plain(const char *text)
{
    return *text && text_is_printable(text) && !strpbrk(text, "\"\\");
}

static bool table_read(const struct profile_env *env, struct arena *arena, const struct doc **out,
                       struct error *err)
{
    const char *file = path_join(arena, env->config_dir, CHOICE_FILE), *text;
    size_t len;
    struct doc *doc;
    *out = NULL;
    if (!file_read_if_there(file, LIMIT_CONFIG_BYTES, arena, &text, &len, err))
        return false;
    if (!text)
        return true;
    if (!toml_parse(text, len, file, arena, &doc, err))
        return false;
    DOC_FOREACH (doc, member)
        if (strcmp(member->key, "profiles") != 0 || member->kind != DOC_TABLE)
            return doc_fault_key(err, member, "expected only a table [profiles]");
    *out = doc_find(doc, "profiles");
    if (*out)
        DOC_FOREACH (*out, item)
            if (item->kind != DOC_TEXT || !is_plain(item->text) || !is_plain(item->key))
                return doc_fault(err, item, "expected program = \"profile\"");
    return true;
}

bool profiles_default_list(const struct profile_env *env, struct arena *arena, struct list *out,
                           struct error *err)
{
    const struct doc *table;
    if (!table_read(env, arena, &table, err))
        return false;
    struct profile_variable *items =
        ARENA_ARRAY(arena, struct profile_variable, table ? table->count + 1 : 1);
    size_t count = 0;
    if (table)
        DOC_FOREACH (table, item)
            items[count++] = (struct profile_variable){ item->key, item->text };
    *out = (struct list){ items, count };
    return true;
}

static const char *last_component(const char *program)
{
    const char *slash = strrchr(program, '/');
    return slash ? slash + 1 : program;
}

/* A path that depends on the folder one stands in would let that folder choose the profile. */
static bool is_relative(const char *name)
{
    enum profile_syntax syntax;
    return profile_syntax_of(name, &syntax) && name[0] != '/';
}

bool profiles_default_find(const struct profile_env *env, const char *program, struct arena *arena,
                           const char **out, struct error *err)
{
    struct list choices;
    if (!profiles_default_list(env, arena, &choices, err))
        return false;
    *out = NULL;
    LIST_FOREACH (choices, struct profile_variable, choice)
        if (strcmp(choice->name, last_component(program)) == 0)
            *out = choice->value;
    if (!*out || !is_relative(*out))
        return true;
    error_set(err, INVALID, "%s: the profile of %s is \"%s\", which depends on the folder",
              path_join(arena, env->config_dir, CHOICE_FILE), program, *out);
    return error_hint(err, "nono profile use FILE --for %s keeps its whole path", program);
}

static bool line_add(struct buf *buf, const char *program, const char *name, struct error *err)
{
    return buf_printf(buf, err, "\"%s\" = \"%s\"\n", program, name);
}

bool profiles_default_set(const struct profile_env *env, const char *program, const char *name,
                          struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(buf_clearp) struct buf buf;
    CLEANUP(closep) int dir = -1;
    struct list choices;
    program = last_component(program);
    buf_init(&buf, LIMIT_CONFIG_BYTES);
    if (!is_plain(program) || (name && !is_plain(name)))
        return error_set(err, INVALID, "\"%.64s\": not a name that can be kept",
                         is_plain(program) ? name : program);
    if (!profiles_default_list(env, arena, &choices, err) || !buf_text(&buf, CHOICE_HEAD, err))
        return false;
    LIST_FOREACH (choices, struct profile_variable, choice)
        if (strcmp(choice->name, program) != 0 && !line_add(&buf, choice->name, choice->value, err))
            return false;
    if (name && !line_add(&buf, program, name, err))
        return false;
    return dir_make_path(env->config_dir, 0700, err) && dir_open(env->config_dir, &dir, err) &&
           file_replace(dir, CHOICE_FILE, buf.data, buf.len, 0600, err);
}
