#include "lib/profile/platform.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "lib/base/cleanup.h"
#include "lib/base/env.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"
#include "lib/base/text.h"

#define OS_RELEASE_MAX (64 * KIB)

/* The value of a line NAME=value, unquoted; os-release(5) has shell's quotes. */
static const char *value_of(const char *text, size_t len, struct arena *arena)
{
    if (len >= 2 && (*text == '"' || *text == '\'') && text[len - 1] == *text) {
        text++;
        len -= 2;
    }
    return len ? arena_strndup(arena, text, len) : NULL;
}

void profile_platform_parse(const char *os_release, struct arena *arena,
                            struct profile_platform *out)
{
    const struct {
        const char *name;
        const char **slot;
    } fields[] = {
        { "ID=", &out->id },
        { "VERSION_ID=", &out->version },
        { "VARIANT_ID=", &out->variant },
        { "ID_LIKE=", &out->id_like },
    };
    *out = (struct profile_platform){ .os = "linux" };
    for (const char *line = os_release; line && *line;) {
        size_t len = strcspn(line, "\n");
        for (size_t i = 0; i < COUNT(fields); i++) {
            size_t name = strlen(fields[i].name);
            if (len > name && strncmp(line, fields[i].name, name) == 0)
                *fields[i].slot = value_of(line + name, len - name, arena);
        }
        line += len + (line[len] == '\n');
    }
}

struct profile_release {
    struct arena *arena;
    bool read;
    struct profile_platform platform;
};

void profile_platform_detect(struct arena *arena, struct profile_platform *out)
{
    struct utsname host;
    *out = (struct profile_platform){ .os = "linux", .path = env_get("PATH") };
    if (uname(&host) == 0 && strcmp(host.sysname, "Darwin") == 0) {
        out->os = "macos";
        return;
    }
    out->later = ARENA_NEW(arena, struct profile_release);
    out->later->arena = arena;
}

static void release_read(struct profile_release *release)
{
    static const char *const files[] = { "/etc/os-release", "/usr/lib/os-release" };
    for (size_t i = 0; i < COUNT(files); i++) {
        const char *text;
        size_t len;
        struct error err;
        if (file_read_path(files[i], OS_RELEASE_MAX, release->arena, &text, &len, &err)) {
            profile_platform_parse(text, release->arena, &release->platform);
            return;
        }
    }
}

/* The platform with what os-release says. */
static const struct profile_platform *whole(const struct profile_platform *platform)
{
    struct profile_release *release = platform->later;
    if (!release)
        return platform;
    if (!release->read) {
        release->read = true;
        release_read(release);
    }
    return &release->platform;
}

/* A dotted number, part by part, then by the count of parts. */
static int version_compare(const char *a, const char *b)
{
    while (*a || *b) {
        if (!*a || !*b)
            return *a ? 1 : -1;
        char *a_end, *b_end;
        unsigned long left = strtoul(a, &a_end, 10), right = strtoul(b, &b_end, 10);
        if (left != right)
            return left < right ? -1 : 1;
        a = a_end + (*a_end == '.');
        b = b_end + (*b_end == '.');
    }
    return 0;
}

static bool is_version(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    while (digits && digits < 10 && text[digits] == '.') {
        text += digits + 1;
        digits = strspn(text, "0123456789");
    }
    return digits && digits < 10 && !text[digits];
}

static bool is_name(const char *text)
{
    return *text &&
           text[strspn(
               text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")] == '\0';
}

enum comparison { EQUAL, AT_LEAST, AT_MOST, OVER, UNDER };

static const char *comparison_read(const char *text, enum comparison *out)
{
    static const struct {
        const char *sign;
        enum comparison comparison;
    } signs[] = {
        { "==", EQUAL }, { ">=", AT_LEAST }, { "<=", AT_MOST },
        { "=", EQUAL },  { ">", OVER },      { "<", UNDER },
    };
    *out = EQUAL;
    for (size_t i = 0; i < COUNT(signs); i++) {
        if (text_starts(text, signs[i].sign)) {
            *out = signs[i].comparison;
            return text + strlen(signs[i].sign);
        }
    }
    return text;
}

static bool version_holds(const char *actual, const char *wanted)
{
    enum comparison comparison;
    wanted = comparison_read(wanted, &comparison);
    if (!actual || !is_version(actual))
        return false;
    int order = version_compare(actual, wanted);
    switch (comparison) {
    case EQUAL:
        return order == 0;
    case AT_LEAST:
        return order >= 0;
    case AT_MOST:
        return order <= 0;
    case OVER:
        return order > 0;
    case UNDER:
        return order < 0;
    }
    __builtin_unreachable();
}

static bool version_check(const char *text)
{
    enum comparison comparison;
    return is_version(comparison_read(text, &comparison));
}

/* Whether a word stands in os-release's list of words. */
static bool words_have(const char *words, const char *word, size_t len)
{
    while (words && *words) {
        size_t end = strcspn(words, " ");
        if (end == len && strncmp(words, word, len) == 0)
            return true;
        words += end + strspn(words + end, " ");
    }
    return false;
}

static bool id_holds(const struct profile_platform *platform, const char *id)
{
    if (!platform->id)
        return false;
    if (!text_ends(id, "-like"))
        return strcmp(platform->id, id) == 0;
    size_t len = strlen(id) - strlen("-like");
    return words_have(platform->id, id, len) || words_have(platform->id_like, id, len);
}

/* An entry that is relative means something else in every folder, and nothing here. */
static bool has_program(const char *path, const char *name)
{
    char file[PATH_MAX];
    while (path && *path) {
        size_t len = strcspn(path, ":");
        int used = snprintf(file, sizeof(file), "%.*s/%s", (int)len, path, name);
        if (*path == '/' && used > 0 && (size_t)used < sizeof(file) && file_is_program(file))
            return true;
        path += len + (path[len] == ':');
    }
    return false;
}

#define PARTS_MAX 4

/* Splits at ':' into at most PARTS_MAX; 0 when there are more or an empty one. */
static unsigned parts_split(char *text, const char *parts[PARTS_MAX])
{
    unsigned count = 0;
    for (char *next = text; next; count++) {
        if (count == PARTS_MAX)
            return 0;
        parts[count] = next;
        next = strchr(next, ':');
        if (next)
            *next++ = '\0';
        if (!*parts[count])
            return 0;
    }
    return count;
}

static bool is_of_programs(const char *const *parts)
{
    return strcmp(parts[0], "program") == 0;
}

static bool shape_check(const char *const *parts, unsigned count)
{
    bool linux_shape = strcmp(parts[0], "linux") == 0;
    if (is_of_programs(parts))
        return count == 2 && is_name(parts[1]);
    if (!is_name(parts[0]))
        return false;
    if (!linux_shape)
        return count <= 2 && (count < 2 || version_check(parts[1]));
    return (count < 2 || is_name(parts[1])) && (count < 3 || version_check(parts[2])) &&
           (count < 4 || is_name(parts[3]));
}

static bool parts_hold(const struct profile_platform *platform, const char *const *parts,
                       unsigned count)
{
    if (is_of_programs(parts))
        return has_program(platform->path, parts[1]);
    if (strcmp(platform->os, parts[0]) != 0)
        return false;
    if (count < 2)
        return true;
    platform = whole(platform);
    if (strcmp(parts[0], "linux") != 0)
        return version_holds(platform->version, parts[1]);
    return id_holds(platform, parts[1]) &&
           (count < 3 || version_holds(platform->version, parts[2])) &&
           (count < 4 || (platform->variant && strcmp(platform->variant, parts[3]) == 0));
}

bool profile_when_holds(const char *condition, const struct profile_platform *platform, bool *out,
                        struct error *err)
{
    bool negated = *condition == '!';
    char text[128];
    const char *parts[PARTS_MAX] = { 0 };
    size_t len = strlen(condition + negated);
    unsigned count = 0;
    if (len < sizeof(text)) {
        memcpy(text, condition + negated, len + 1);
        count = parts_split(text, parts);
    }
    if (!count || !shape_check(parts, count)) {
        error_set(err, INVALID, "\"%.64s\" is no condition", condition);
        return error_hint(err,
                          "for example: linux, macos, !windows, linux:debian:>=12, program:npm");
    }
    *out = !platform || parts_hold(platform, parts, count) != negated;
    return true;
}

static bool condition_doc(const struct doc *doc, const struct profile_platform *platform, bool *out,
                          struct error *err)
{
    if (doc->kind != DOC_TEXT || strlen(doc->text) != doc->len)
        return doc_fault(err, doc, "when: expected text, found %s", doc_kind_name(doc->kind));
    struct error inner = { 0 };
    if (profile_when_holds(doc->text, platform, out, &inner))
        return true;
    doc_fault(err, doc, "when: %s", inner.message);
    return error_hint(err, "%s", inner.hint);
}

bool profile_when_doc(const struct doc *when, const struct profile_platform *platform, bool *out,
                      struct error *err)
{
    *out = true;
    if (!when || when->kind == DOC_NULL)
        return true;
    if (when->kind != DOC_LIST)
        return condition_doc(when, platform, out, err);
    if (!when->count)
        return doc_fault(err, when, "when: an empty list holds nowhere");
    bool any = false;
    DOC_FOREACH (when, item) {
        bool holds;
        if (!condition_doc(item, platform, &holds, err))
            return false;
        any |= holds;
    }
    *out = any;
    return true;
}
