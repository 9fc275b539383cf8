/* What is built in: the data files of lib/profile/builtin, embedded by cmake/EmbedFolder.cmake. */
#include <stdlib.h>
#include <string.h>

#include "lib/profile/resolver.h"

struct builtin {
    const char *name, *text;
    size_t name_len, len;
    const char *file; /* for messages */
};

#define TEXT_FILE(name, text) { name, text, sizeof(name) - 1, sizeof(text) - 1, "built-in" },
static const struct builtin profiles[] = {
#include "profile_profiles.def"
};
#undef TEXT_FILE

#define TEXT_FILE(name, text) { name, text, sizeof(name) - 1, sizeof(text) - 1, "built-in " name },
static const struct builtin groups[] = {
#include "profile_groups.def"
};
static const struct builtin presets[] = {
#include "profile_networks.def"
};
#undef TEXT_FILE

#define TEXT_FILE(name, text) name,
static const char *const profile_names[] = {
#include "profile_profiles.def"
    NULL
};
static const char *const group_names[] = {
#include "profile_groups.def"
    NULL
};
static const char *const preset_names[] = {
#include "profile_networks.def"
    NULL
};
#undef TEXT_FILE

/* What profile_builtin_keep has read: all NULL without it, and constant after it. */
static struct doc *profile_docs[COUNT(profiles)], *group_docs[COUNT(groups)],
    *preset_docs[COUNT(presets)];

static void text_of(const struct builtin *builtin, struct doc *doc, struct profile_text *out)
{
    *out = (struct profile_text){ .text = builtin->text,
                                  .len = builtin->len,
                                  .syntax = PROFILE_TOML,
                                  .file = builtin->file,
                                  .builtin = true,
                                  .doc = doc };
}

static void find(const struct builtin *all, struct doc *const *docs, size_t count, const char *name,
                 struct profile_text *out)
{
    size_t len = strlen(name);
    *out = (struct profile_text){ 0 };
    for (size_t i = 0; i < count; i++) {
        if (all[i].name_len == len && memcmp(all[i].name, name, len) == 0) {
            text_of(&all[i], docs[i], out);
            return;
        }
    }
}

static void keep(const struct builtin *all, struct doc **docs, size_t count, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct profile_text text;
        struct error err;
        text_of(&all[i], NULL, &text);
        if (!profile_parse(&text, arena, &docs[i], &err))
            abort(); /* data of ours that is none */
    }
}

void profile_builtin_keep(void)
{
    static struct arena *arena;
    if (arena)
        return;
    arena = arena_new();
    keep(profiles, profile_docs, COUNT(profiles), arena);
    keep(groups, group_docs, COUNT(groups), arena);
    keep(presets, preset_docs, COUNT(presets), arena);
}

void profile_builtin_find(const char *name, struct profile_text *out)
{
    find(profiles, profile_docs, COUNT(profiles), name, out);
}

void profile_group_find(const char *name, struct profile_text *out)
{
    find(groups, group_docs, COUNT(groups), name, out);
}

/* What stands behind start in the line that begins so, above the first table; NULL: there is none.
 */
static const char *head_line(const char *text, const char *start)
{
    size_t len = strlen(start);
    while (*text && *text != '[') {
        if (strncmp(text, start, len) == 0)
            return text + len;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return NULL;
}

bool profile_group_is_foreign(const char *name, const char *os)
{
    struct profile_text text;
    profile_group_find(name, &text);
    const char *platform = text.text ? head_line(text.text, "platform = \"") : NULL;
    return platform && strncmp(platform, os, strlen(os)) != 0;
}

bool profile_group_is_required(const struct profile_text *builtin)
{
    return head_line(builtin->text, "required = true\n") != NULL;
}

void profile_preset_find(const char *name, struct profile_text *out)
{
    find(presets, preset_docs, COUNT(presets), name, out);
}

const char *const *profile_builtin_names(void)
{
    return profile_names;
}

const char *const *profile_group_names(void)
{
    return group_names;
}

const char *const *profile_preset_names(void)
{
    return preset_names;
}
