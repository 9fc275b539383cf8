#include "client/cmd/pkg/config.h"

#include <fcntl.h>
#include <string.h>

#include "lib/base/env.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/http/url.h"
#include "lib/json/json.h"
#include "lib/toml/toml.h"

#define CONFIG_FILE     "config.toml"
#define REGISTRIES_FILE "registries.json"

struct settings {
    const char *registry;
    const struct doc *namespaces;
    struct list wiring_folders;
    /* The original's client keeps its settings in the same file: those are passed over. */
    const struct doc *ui, *redaction, *rollback, *undo, *updates, *overrides, *extensions;
    const struct doc *trusted_keys, *meta;
};

static const struct field settings_fields[] = {
    TEXT(struct settings, registry, OPTIONAL),
    DOC(struct settings, namespaces, OPTIONAL),
    TEXTS(struct settings, wiring_folders, OPTIONAL),
    DOC(struct settings, ui, OPTIONAL),
    DOC(struct settings, redaction, OPTIONAL),
    DOC(struct settings, rollback, OPTIONAL),
    DOC(struct settings, undo, OPTIONAL),
    DOC(struct settings, updates, OPTIONAL),
    DOC(struct settings, overrides, OPTIONAL),
    DOC(struct settings, extensions, OPTIONAL),
    DOC(struct settings, trusted_keys, OPTIONAL),
    DOC(struct settings, meta, OPTIONAL),
};
static const struct record settings_record =
    RECORD(struct settings, "configuration", settings_fields);

static const struct field login_fields[] = {
    TEXT(struct registry_login, url, REQUIRED),
    TEXT(struct registry_login, login, OPTIONAL),
    TEXT(struct registry_login, where, OPTIONAL),
};
static const struct record login_record = RECORD_OPEN(struct registry_login, "login", login_fields);

struct registries {
    uint64_t version;
    const char *default_registry;
    struct list logins;
};

static const struct field registries_fields[] = {
    U64(struct registries, version, REQUIRED),
    TEXT(struct registries, default_registry, OPTIONAL),
    LIST(struct registries, logins, &login_record, REQUIRED),
};
static const struct record registries_record =
    RECORD_OPEN(struct registries, "registries", registries_fields);

/* *out is NULL when there is no such file. */
static bool file_find(const struct folders *folders, const char *name, struct arena *arena,
                      const char **out, size_t *out_len, struct error *err)
{
    const char *path = path_join(arena, folders->config, name);
    *out = NULL;
    return file_read_path(path, LIMIT_CONFIG_BYTES, arena, out, out_len, err) ||
           err->kind == ERROR_NOT_FOUND;
}

static bool namespaces_check(const struct doc *namespaces, struct error *err)
{
    if (!namespaces)
        return true;
    if (namespaces->kind != DOC_TABLE)
        return doc_fault(err, namespaces, "namespaces: expected a table of URLs");
    DOC_FOREACH (namespaces, item)
        if (item->kind != DOC_TEXT)
            return doc_fault(err, item, "namespaces: %.64s: expected a URL", item->key);
    return true;
}

/* "~/x" and "/x"; anything else has no one meaning. */
static bool extra_take(const struct settings *settings, const struct folders *folders,
                       struct arena *arena, struct config *config, struct error *err)
{
    const struct list *list = &settings->wiring_folders;
    const char **extra = ARENA_ARRAY(arena, const char *, list->count + 1);
    size_t count = 0;
    LIST_FOREACH (*list, const char *, item) {
        bool home = text_starts(*item, "~/");
        if (!home && (*item)[0] != '/')
            return error_set(err, INVALID,
                             "wiring_folders: \"%.200s\" begins neither with / nor ~/", *item);
        extra[count++] = home ? path_join(arena, folders->home, *item + 2) : *item;
    }
    config->extra = extra;
    return true;
}

static bool settings_load(const struct folders *folders, struct arena *arena, struct config *config,
                          struct error *err)
{
    const char *text;
    size_t len;
    struct doc *doc;
    struct settings settings;
    if (!file_find(folders, CONFIG_FILE, arena, &text, &len, err))
        return false;
    if (!text)
        return true;
    const char *path = path_join(arena, folders->config, CONFIG_FILE);
    if (!toml_parse(text, len, path, arena, &doc, err) ||
        !record_decode(doc, &settings_record, arena, &settings, err) ||
        !namespaces_check(settings.namespaces, err))
        return false;
    config->registry = settings.registry;
    config->namespaces = settings.namespaces;
    return extra_take(&settings, folders, arena, config, err) || error_prefix(err, "%s", path);
}

bool config_load(const struct folders *folders, struct arena *arena, struct config *out,
                 struct error *err)
{
    struct config config = { 0 };
    struct registries registries = { 0 };
    const char *text;
    size_t len;
    if (!settings_load(folders, arena, &config, err) ||
        !file_find(folders, REGISTRIES_FILE, arena, &text, &len, err))
        return false;
    if (text && !json_decode(text, len, &registries_record, arena, &registries, err))
        return error_prefix(err, "%s/" REGISTRIES_FILE, folders->config);
    config.default_registry = registries.default_registry;
    config.logins = registries.logins;
    *out = config;
    return true;
}

static const char *choice(const struct config *config, const char *option, const char *namespace)
{
    const char *variable = env_get("NONO_REGISTRY");
    const char *particular =
        namespace && config->namespaces ? doc_text(config->namespaces, namespace) : NULL;
    const char *const candidates[] = { option, variable && *variable ? variable : NULL, particular,
                                       config->registry, config->default_registry };
    for (size_t i = 0; i < COUNT(candidates); i++)
        if (candidates[i])
            return candidates[i];
    return NULL;
}

const char *config_registry(const struct config *config, const char *option, const char *namespace)
{
    const char *chosen = choice(config, option, namespace);
    return chosen ? chosen : REGISTRY_PUBLIC;
}

bool config_is_chosen(const struct config *config, const char *option, const char *namespace)
{
    return choice(config, option, namespace) != NULL;
}

static const char *scheme_add(const char *url, struct arena *arena)
{
    if (!*url || strstr(url, "://"))
        return url;
    const char *plain = arena_printf(arena, "http://%s", url);
    return url_is_loopback(plain) ? plain : arena_printf(arena, "https://%s", url);
}

bool config_base(const char *url, bool allow_plain, struct arena *arena, const char **out,
                 struct error *err)
{
    static const char prefix[] = "/api/v1"; /* which the original's documents show */
    const char *base;
    if (!url_base(scheme_add(url, arena), allow_plain, arena, &base, err))
        return error_prefix(err, "registry");
    size_t len = strlen(base) - (text_ends(base, prefix) ? strlen(prefix) : 0);
    *out = arena_strndup(arena, base, len);
    return true;
}

bool config_is_default(const struct config *config, const char *base, const char *namespace)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct error ignored; /* what is no address is not this one */
    const char *usual;
    return config_base(config_registry(config, NULL, namespace), true, arena, &usual, &ignored) &&
           strcmp(usual, base) == 0;
}

bool config_login_set(const struct folders *folders, const struct config *config, const char *url,
                      const struct registry_login *login, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct registry_login *logins =
        ARENA_ARRAY(arena, struct registry_login, config->logins.count + 1);
    size_t count = 0;
    LIST_FOREACH (config->logins, const struct registry_login, item)
        if (strcmp(item->url, url) != 0)
            logins[count++] = *item;
    if (login)
        logins[count++] = *login;
    const char *first = config->default_registry;
    if (login && !first)
        first = url;
    if (!login && first && strcmp(first, url) == 0)
        first = count ? logins[0].url : NULL;
    const struct registries registries = { 1, first, { logins, count } };
    const char *text =
        json_print(record_encode(&registries_record, &registries, arena), JSON_PRETTY, arena);
    text = arena_printf(arena, "%s\n", text);
    CLEANUP(closep) int dir = -1;
    return dir_make_path(folders->config, 0700, err) && dir_open(folders->config, &dir, err) &&
           file_replace(dir, REGISTRIES_FILE, text, strlen(text), 0600, err);
}
