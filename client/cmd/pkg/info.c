/* What a registry knows of a pack: `info` the pack and its permissions, `versions` the list. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/asks.h"
#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/fetch.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/pack/semver.h"
#include "lib/profile/permissions.h"

static char *opt_registry;
static int opt_json, opt_http;

static const struct poptOption options[] = {
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "ask this registry", "URL" },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the answer as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool one_ref(const char **operands, struct session *session, struct pack_ref *ref,
                    struct remote *remote, struct error *err)
{
    if (!*operands || operands[1])
        return error_set(err, INVALID, "name one pack");
    return pack_ref_parse(*operands, ref, err) &&
           session_remote(session, opt_registry, ref->namespace, remote, err);
}

static void field_print(const char *name, const char *value, struct arena *arena)
{
    if (value && *value)
        ui_paragraph(arena_printf(arena, "%-13s ", name), value, stdout);
}

static bool is_true(const struct doc *doc, const char *key)
{
    const struct doc *item = doc_find(doc, key);
    return item && item->kind == DOC_BOOL && item->boolean;
}

static void pack_print(const struct doc *pack, const struct doc *version, struct arena *arena)
{
    const struct doc *signer = doc_find(version, "signer");
    const char *key = doc_text(signer, "key_id");
    printf("%s/%s\n", text_escape(doc_text(pack, "namespace"), arena),
           text_escape(doc_text(pack, "name"), arena));
    field_print("description", doc_text(pack, "description"), arena);
    field_print("version", doc_text(version, "version"), arena);
    if (is_true(version, "yanked"))
        field_print("yanked",
                    doc_text(version, "yank_reason") ? doc_text(version, "yank_reason") : "yes",
                    arena);
    field_print("published", doc_text(version, "published_at"), arena);
    field_print("published by", doc_text(version, "published_by"), arena);
    field_print("signed by",
                key && is_true(signer, "revoked") ? arena_printf(arena, "%s (revoked)", key) : key,
                arena);
    field_print("digest", doc_text(version, "digest"), arena);
    field_print("visibility", doc_text(pack, "visibility"), arena);
    field_print("license", doc_text(pack, "license"), arena);
    field_print("homepage", doc_text(pack, "homepage"), arena);
    field_print("repository", doc_text(pack, "repository"), arena);
}

/* What the registry says that the pack asks; pulling works it out again from the files. */
static void permissions_print(const struct doc *doc, struct arena *arena)
{
    struct permissions permissions;
    struct error ignored;
    struct list words, lines;
    if (!doc || !record_decode(doc, &permissions_record, arena, &permissions, &ignored))
        return;
    permissions_words(&permissions, arena, &words);
    asks_fold(&words, arena, &lines);
    printf("its programs:\n");
    LIST_FOREACH (lines, const struct words_line, line)
        words_print(line->risk == PERMISSION_GRAVE ? "!" : "-", UI_PLAIN, line->text, stdout);
}

/* "macos or linux:debian" */
static const char *condition_text(const struct doc *when, struct arena *arena)
{
    const char *out = "";
    if (!when || when->kind != DOC_LIST)
        return out;
    DOC_FOREACH (when, item) {
        if (item->kind == DOC_TEXT)
            out = *out ? arena_printf(arena, "%s or %s", out, item->text) : item->text;
    }
    return *out ? arena_printf(arena, " (%s)", out) : out;
}

/* What installing it does outside of its folder; a registry of the original does not say. */
static void wiring_print(const struct doc *wiring, struct arena *arena)
{
    if (!wiring || wiring->kind != DOC_LIST || !wiring->count)
        return;
    printf("outside its own folder it will:\n");
    DOC_FOREACH (wiring, line) {
        const char *act = doc_text(line, "act"), *path = doc_text(line, "path");
        if (!act || !path)
            continue;
        const char *when = condition_text(doc_find(line, "when"), arena);
        words_print("-", UI_PLAIN, arena_printf(arena, "%s %s%s", act, path, when), stdout);
    }
}

static bool is_pack(const struct doc *pack, const struct doc *version)
{
    return doc_text(pack, "namespace") && doc_text(pack, "name") && doc_text(version, "version");
}

/* Why pull would find nothing to take. */
static bool none_to_take(const struct remote *remote, const struct pack_ref *ref,
                         struct arena *arena, struct error *err)
{
    const char *pack = arena_printf(arena, "%s/%s", ref->namespace, ref->name);
    struct list versions;
    if (!remote_versions(remote, ref->namespace, ref->name, arena, &versions, err))
        return false;
    return versions.count ? remote_all_yanked(remote, pack, "", err)
                          : error_set(err, NOT_FOUND, "%s has no version", pack);
}

static bool info_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct pack_ref ref;
    struct remote remote;
    struct doc *pack, *version;
    if (!session_open(opt_http, &session, err) || !one_ref(operands, &session, &ref, &remote, err))
        return false;
    struct arena *arena = session.arena;
    const char *base = remote_url(&remote, arena, "/packages/%s/%s", ref.namespace, ref.name);
    if (!fetch_resolve(&remote, &ref, arena, err))
        return false;
    if (!remote_call(&remote, NULL, base, NULL, arena, &pack, err))
        return remote_pack_hint(&remote, err);
    const char *wanted =
        ref.kind == PACK_REF_VERSION ? ref.version : doc_text(pack, "latest_version");
    if (!wanted)
        return none_to_take(&remote, &ref, arena, err);
    const char *url = arena_printf(arena, "%s/versions/%s", base, url_escape(wanted, arena));
    if (!remote_call(&remote, NULL, url, NULL, arena, &version, err))
        return false;
    if (!is_pack(pack, version))
        return error_set(err, INVALID, "the registry's answer is not about a pack");
    if (opt_json) {
        doc_insert(arena, pack, "version", version);
        if (!doc_find(pack, "pack"))
            doc_add_text(arena, pack, "pack",
                         arena_printf(arena, "%s/%s", ref.namespace, ref.name));
        ui_json(pack);
        return true;
    }
    pack_print(pack, version, arena);
    permissions_print(doc_find(version, "permissions"), arena);
    wiring_print(doc_find(version, "wiring"), arena);
    return true;
}

static void versions_print(const struct list *versions, struct arena *arena)
{
    static const char *const heading[] = { "VERSION", "PUBLISHED", "BY", "SIZE", "SIGNER", "" };
    struct ui_table table;
    ui_table_init(&table, arena, COUNT(heading));
    LIST_FOREACH (*versions, const struct remote_version, version) {
        int64_t at = 0;
        if (version->published_at && !clock_parse(version->published_at, &at))
            at = 0;
        const char *key = doc_text(version->signer, "key_id");
        bool revoked = is_true(version->signer, "revoked");
        UI_ROW(&table, version->version, ui_time(at, arena), version->published_by,
               ui_size(version->size_bytes, arena),
               key ? arena_printf(arena, "%.12s%s", key, revoked ? " (revoked)" : "") : NULL,
               version->yanked ? arena_printf(arena, "yanked: %s",
                                              version->yank_reason ? version->yank_reason : "")
                               : "");
    }
    ui_table_print(&table, ui_is_terminal(stdout) ? heading : NULL, stdout);
}

/* Those that the reference names, yanked ones too; all of them when it names none. */
static bool versions_keep(const struct pack_ref *ref, struct list *versions, struct error *err)
{
    struct semver_range range;
    struct semver version;
    struct remote_version *items = versions->items;
    size_t kept = 0;
    if (ref->kind == PACK_REF_LATEST)
        return true;
    if (ref->kind == PACK_REF_RANGE && !semver_range_parse(ref->version, &range, err))
        return false;
    for (size_t i = 0; i < versions->count; i++) {
        struct error ignored;
        bool wanted = ref->kind == PACK_REF_VERSION
                          ? strcmp(items[i].version, ref->version) == 0
                          : semver_parse(items[i].version, &version, &ignored) &&
                                semver_range_matches(&range, &version);
        if (wanted)
            items[kept++] = items[i];
    }
    versions->count = kept;
    return kept > 0 || error_set(err, NOT_FOUND, "%s/%s has no version %s%s", ref->namespace,
                                 ref->name, ref->kind == PACK_REF_RANGE ? "in " : "", ref->version);
}

static bool versions_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct pack_ref ref;
    struct remote remote;
    struct list versions;
    if (!session_open(opt_http, &session, err) ||
        !one_ref(operands, &session, &ref, &remote, err) ||
        !remote_versions(&remote, ref.namespace, ref.name, session.arena, &versions, err) ||
        !versions_keep(&ref, &versions, err))
        return false;
    if (!opt_json) {
        versions_print(&versions, session.arena);
        return true;
    }
    struct doc *out = doc_new(session.arena, DOC_LIST);
    LIST_FOREACH (versions, const struct remote_version, version)
        doc_append(out, record_encode(&remote_version_record, version, session.arena));
    ui_json(out);
    return true;
}

const struct command command_info = {
    .name = "info",
    .args = "REF",
    .summary = "show what a registry knows of a pack, and what it asks for",
    .examples = EXAMPLES("nono info acme/web", "nono info 'acme/web@^1.2'"),
    .options = options,
    .run = info_run,
};

const struct command command_versions = {
    .name = "versions",
    .args = "REF",
    .summary = "list the versions of a pack, or those in a range",
    .examples = EXAMPLES("nono versions acme/web", "nono versions 'acme/web@^1.2'"),
    .options = options,
    .run = versions_run,
};
