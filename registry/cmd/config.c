#include "registry/cmd/config.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/doc.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/base/xdg.h"
#include "lib/toml/toml.h"
#include "registry/cmd/listen.h"
#include "registry/db/db.h"
#include "registry/http/proxies.h"
#include "registry/http/server.h"

#define VARIABLE_PREFIX "NONO_REGISTRY"

static const char *const switch_names[] = { "on", "off", NULL };
static const char *const level_names[] = { "info", "debug", "warn", "error", NULL };

static const struct field tls_fields[] = {
    TEXT(struct config_tls, cert, REQUIRED),
    TEXT(struct config_tls, key, REQUIRED),
};
static const struct record tls_record = RECORD(struct config_tls, "table tls", tls_fields);

static const struct field limits_fields[] = {
    U64(struct config_limits, archive_bytes, OPTIONAL),
    U64(struct config_limits, unpacked_bytes, OPTIONAL),
    U64(struct config_limits, entries, OPTIONAL),
    U64(struct config_limits, connections, OPTIONAL),
    U64(struct config_limits, connections_per_address, OPTIONAL),
};
static const struct record limits_record =
    RECORD(struct config_limits, "table limits", limits_fields);

static const struct field config_fields[] = {
    TEXT(struct config, listen, OPTIONAL),
    TEXT(struct config, admin_listen, OPTIONAL),
    TEXT(struct config, name, OPTIONAL),
    TEXT(struct config, base_url, OPTIONAL),
    TEXT(struct config, database_url, OPTIONAL),
    TEXT(struct config, data_dir, OPTIONAL),
    TEXT(struct config, blob_dir, OPTIONAL),
    TEXT(struct config, web_dir, OPTIONAL),
    TEXT(struct config, postgres_bin, OPTIONAL),
    NESTED(struct config, tls, const struct config_tls, &tls_record, OPTIONAL),
    NESTED(struct config, limits, const struct config_limits, &limits_record, OPTIONAL),
    TEXTS(struct config, trusted_proxies, OPTIONAL),
    ENUM(struct config, access_log, switch_names, OPTIONAL),
    ENUM(struct config, log_level, level_names, OPTIONAL),
    BOOL(struct config, require_binding, OPTIONAL),
    U64(struct config, threads, OPTIONAL),
    U64(struct config, workers, OPTIONAL),
    U64(struct config, cache_bytes, OPTIONAL),
    U64(struct config, drain_seconds, OPTIONAL),
    U64(struct config, timeout_seconds, OPTIONAL),
};
static const struct record config_record = RECORD(struct config, "configuration", config_fields);

#define VARIABLES_MAX 64

/* "NONO_REGISTRY" and "data_dir" -> "NONO_REGISTRY_DATA_DIR" */
static const char *variable_name(const char *prefix, const char *key, struct arena *arena)
{
    char *name = arena_printf(arena, "%s_%s", prefix, key);
    for (char *at = name; *at; at++)
        *at = (char)toupper((unsigned char)*at);
    return name;
}

static const char *variable_find(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

static struct doc *texts_doc(const char *text, struct arena *arena)
{
    struct doc *list = doc_new(arena, DOC_LIST);
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, ",");
        if (len > 0)
            doc_add_text(arena, list, NULL, arena_strndup(arena, at, len));
        at += len + (at[len] == ',');
    }
    return list;
}

static bool number_doc(const char *name, const char *text, struct arena *arena, struct doc **out,
                       struct error *err)
{
    size_t len = strlen(text);
    if (len == 0 || len > 18 || strspn(text, "0123456789") != len)
        return error_set(err, INVALID, "%s: expected a whole number", name);
    *out = doc_new(arena, DOC_INTEGER);
    (*out)->integer = strtoll(text, NULL, 10);
    return true;
}

static bool bool_doc(const char *name, const char *text, struct arena *arena, struct doc **out,
                     struct error *err)
{
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0)
        return error_set(err, INVALID, "%s: expected true or false", name);
    *out = doc_new(arena, DOC_BOOL);
    (*out)->boolean = yes;
    return true;
}

static bool variable_doc(const struct field *field, const char *name, const char *text,
                         struct arena *arena, struct doc **out, struct error *err)
{
    if (field->kind == FIELD_U64)
        return number_doc(name, text, arena, out, err);
    if (field->kind == FIELD_BOOL)
        return bool_doc(name, text, arena, out, err);
    if (field->kind == FIELD_TEXTS) {
        *out = texts_doc(text, arena);
        return true;
    }
    if (!text_is_printable(text))
        return error_set(err, INVALID, "%s: expected printable UTF-8", name);
    *out = doc_new(arena, DOC_TEXT);
    (*out)->text = text;
    (*out)->len = strlen(text);
    return true;
}

static bool overlay(const struct doc *table, const struct record *record, const char *prefix,
                    char *const *environment, struct arena *arena, struct doc **out,
                    struct error *err);

/* What the environment says of a field; *out stays NULL when it says nothing. Tables nest once. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool field_overlay(const struct field *field, const struct doc *old, const char *prefix,
                          char *const *environment, struct arena *arena, struct doc **out,
                          struct error *err)
{
    const char *name = variable_name(prefix, field->name, arena);
    if (field->kind == FIELD_RECORD) {
        if (old && old->kind != DOC_TABLE)
            return true;
        struct doc *made;
        if (!overlay(old, field->record, name, environment, arena, &made, err))
            return false;
        *out = made->count > 0 || old ? made : NULL;
        return true;
    }
    const char *text = variable_find(environment, name);
    return !text || variable_doc(field, name, text, arena, out, err);
}

/* The table with the environment's values in place of its own. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static bool overlay(const struct doc *table, const struct record *record, const char *prefix,
                    char *const *environment, struct arena *arena, struct doc **out,
                    struct error *err)
{
    struct doc *made = table ? doc_copy(arena, table) : doc_new(arena, DOC_TABLE);
    struct doc *result = doc_new(arena, DOC_TABLE);
    result->source = made->source;
    result->line = made->line;
    result->column = made->column;
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        struct doc *value = NULL;
        if (!field_overlay(field, doc_find(table, field->name), prefix, environment, arena, &value,
                           err))
            return false;
        if (value)
            doc_insert(arena, result, field->name, value);
    }
    for (struct doc *item = made->first, *next; item; item = next) {
        next = item->next;
        if (!doc_find(result, item->key)) {
            item->next = NULL;
            doc_append(result, item);
        }
    }
    *out = result;
    return true;
}

/* The variables of a record's fields, and of the tables in it. */
/* NOLINTNEXTLINE(misc-no-recursion) */
static void variables_list(const struct record *record, const char *prefix, struct arena *arena,
                           const char *names[VARIABLES_MAX], size_t *count)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        const char *name = variable_name(prefix, field->name, arena);
        if (field->kind == FIELD_RECORD) {
            variables_list(field->record, name, arena, names, count);
            continue;
        }
        assert(*count < VARIABLES_MAX);
        names[(*count)++] = name;
    }
}

/* A variable that is mistyped would else leave its setting as it is, and nobody told. */
static bool variables_check(char *const *environment, struct arena *arena, struct error *err)
{
    const char *names[VARIABLES_MAX];
    size_t count = 0;
    variables_list(&config_record, VARIABLE_PREFIX, arena, names, &count);
    for (; *environment; environment++) {
        const char *name = arena_strndup(arena, *environment, strcspn(*environment, "="));
        bool known = !text_starts(name, VARIABLE_PREFIX "_");
        for (size_t i = 0; !known && i < count; i++)
            known = strcmp(name, names[i]) == 0;
        if (known)
            continue;
        const char *near = text_nearest(name, names, count);
        error_set(err, INVALID, "%.128s: unknown variable", name);
        return near ? error_hint(err, "did you mean %s?", near) : false;
    }
    return true;
}

static bool data_dir_default(struct arena *arena, const char **out, struct error *err)
{
    if (geteuid() == 0) {
        *out = "/var/lib/nono-registry";
        return true;
    }
    const char *nono;
    if (!xdg_folder(XDG_DATA, arena, &nono, err))
        return false;
    *out = arena_printf(arena, "%s-registry", nono);
    return true;
}

static bool absolute_check(const char *key, const char *path, struct error *err)
{
    if (!path || *path == '/')
        return true;
    error_set(err, INVALID, "%s: \"%.200s\" is not an absolute path", key, path);
    return error_field(err, "%s", key);
}

static bool file_is_there(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* The pages beside an installed program, or of the tree that it was built in. */
static const char *web_dir_default(struct arena *arena)
{
    static const char *const places[] = { "/../share/nono/web", "/../../../web/dist" };
    char program[4096];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len <= 0)
        return NULL;
    program[len] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; i < COUNT(places); i++) {
        const char *path = arena_printf(arena, "%s%s", program, places[i]);
        if (file_is_there(arena_printf(arena, "%s/index.html", path)))
            return path;
    }
    return NULL;
}

static uint64_t or_else(uint64_t value, uint64_t fallback)
{
    return value ? value : fallback;
}

static bool fill(struct config *config, struct arena *arena, struct error *err)
{
    static const struct config_limits none = { 0 };
    if (!config->data_dir && !data_dir_default(arena, &config->data_dir, err))
        return false;
    if (!config->blob_dir)
        config->blob_dir = path_join(arena, config->data_dir, "blobs");
    if (!config->web_dir)
        config->web_dir = web_dir_default(arena);
    config->listen = config->listen ? config->listen : "127.0.0.1:8080";
    config->name = config->name ? config->name : SERVER_NAME;
    config->limits = config->limits ? config->limits : &none;
    config->workers = or_else(config->workers, 4);
    config->cache_bytes = or_else(config->cache_bytes, (size_t)8 * MIB);
    config->drain_seconds = or_else(config->drain_seconds, 30);
    config->timeout_seconds = or_else(config->timeout_seconds, 30);
    return true;
}

static bool address_check(const char *key, const char *address, struct error *err)
{
    if (!address || listen_check(address, err))
        return true;
    error_prefix(err, "%s", key);
    return error_field(err, "%s", key);
}

static bool at_most(const char *key, uint64_t value, uint64_t most, struct error *err)
{
    if (value <= most)
        return true;
    error_set(err, INVALID, "%s: at most %llu", key, (unsigned long long)most);
    return error_field(err, "%s", key);
}

static bool name_check(const char *name, struct error *err)
{
    if (text_is_line(name, 1, 100))
        return true;
    error_set(err, INVALID, "name: 1 to 100 printable characters");
    return error_field(err, "name");
}

static bool base_url_check(const char *url, struct error *err)
{
    if (!url)
        return true;
    bool scheme = text_starts(url, "http://") || text_starts(url, "https://");
    if (scheme && !text_ends(url, "/") && !strpbrk(url, " ?#\"<>\\"))
        return true;
    error_set(err, INVALID, "base_url: expected http:// or https://, and no slash at the end");
    return error_field(err, "base_url");
}

static bool shown_check(const struct config *config, struct error *err)
{
    return name_check(config->name, err) && base_url_check(config->base_url, err);
}

static bool database_check(const char *url, struct error *err)
{
    if (!url || (*url && db_url_check(url, err)))
        return true;
    if (!*url)
        error_set(err, INVALID,
                  "database_url: it is empty: leave it out for a database of our own");
    return error_field(err, "database_url");
}

static bool proxies_check(struct list texts, struct error *err)
{
    CLEANUP(proxies_freep) struct proxies *proxies = NULL;
    if (proxies_new(texts, &proxies, err))
        return true;
    error_prefix(err, "trusted_proxies");
    return error_field(err, "trusted_proxies");
}

static bool paths_check(const struct config *config, struct error *err)
{
    return absolute_check("data_dir", config->data_dir, err) &&
           absolute_check("blob_dir", config->blob_dir, err) &&
           absolute_check("web_dir", config->web_dir, err) &&
           absolute_check("postgres_bin", config->postgres_bin, err);
}

static bool addresses_check(const struct config *config, struct error *err)
{
    return address_check("listen", config->listen, err) &&
           address_check("admin_listen", config->admin_listen, err) &&
           proxies_check(config->trusted_proxies, err);
}

static bool check(const struct config *config, struct error *err)
{
    const struct config_limits *limits = config->limits;
    return paths_check(config, err) && addresses_check(config, err) && shown_check(config, err) &&
           database_check(config->database_url, err) &&
           at_most("threads", config->threads, 256, err) &&
           at_most("workers", config->workers, 256, err) &&
           at_most("cache_bytes", config->cache_bytes, 16384 * (uint64_t)MIB, err) &&
           at_most("drain_seconds", config->drain_seconds, 3600, err) &&
           at_most("timeout_seconds", config->timeout_seconds, 3600, err) &&
           at_most("limits.archive_bytes", limits->archive_bytes, LIMIT_PACK_ARCHIVE_BYTES, err) &&
           at_most("limits.unpacked_bytes", limits->unpacked_bytes, LIMIT_PACK_UNPACKED_BYTES,
                   err) &&
           at_most("limits.entries", limits->entries, LIMIT_PACK_ENTRIES, err) &&
           at_most("limits.connections", limits->connections, 1000000, err) &&
           at_most("limits.connections_per_address", limits->connections_per_address, 1000000, err);
}

/* A struct's 0 is what is left out: said, it would silently become the default. */
static bool zeros_check(const struct doc *table, const struct record *record, struct error *err)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        const struct doc *value = doc_find(table, field->name);
        if (field->kind != FIELD_U64 || !value || value->kind != DOC_INTEGER || value->integer)
            continue;
        error_set(err, INVALID, "%s: at least 1", field->name);
        return error_field(err, "%s", field->name);
    }
    return true;
}

static bool zeros_refuse(const struct doc *doc, struct error *err)
{
    const struct doc *limits = doc_find(doc, "limits");
    if (!zeros_check(doc, &config_record, err))
        return false;
    return !limits || limits->kind != DOC_TABLE || zeros_check(limits, &limits_record, err) ||
           error_prefix(err, "limits");
}

bool config_read(const char *text, size_t len, const char *source, char *const *environment,
                 struct arena *arena, struct config *out, struct error *err)
{
    struct doc *file, *doc;
    struct config config = { 0 };
    if (!variables_check(environment, arena, err) ||
        !toml_parse(text, len, source, arena, &file, err) ||
        !overlay(file, &config_record, VARIABLE_PREFIX, environment, arena, &doc, err) ||
        !zeros_refuse(doc, err) || !record_decode(doc, &config_record, arena, &config, err) ||
        !fill(&config, arena, err) || !check(&config, err))
        return false;
    *out = config;
    return true;
}

bool config_load(const char *path, char *const *environment, struct arena *arena,
                 struct config *out, struct error *err)
{
    const char *text = "";
    size_t len = 0;
    if (path && !file_read_path(path, LIMIT_CONFIG_BYTES, arena, &text, &len, err))
        return false;
    return config_read(text, len, path, environment, arena, out, err);
}

enum log_level config_log_level(const struct config *config)
{
    static const enum log_level levels[] = { LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_WARN,
                                             LOG_LEVEL_ERROR };
    return levels[config->log_level];
}
