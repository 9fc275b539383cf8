#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/commands.h"
#include "client/cmd/pkg/keys.h"
#include "client/cmd/pkg/pack.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/cmd/pkg/session.h"
#include "client/remote/account.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/pack/archive.h"
#include "lib/pack/lint.h"
#include "lib/pack/ref.h"
#include "lib/trust/verify.h"

static char *opt_registry, *opt_key, *opt_namespace, *opt_visibility;
static int opt_dry_run, opt_json, opt_http;

static const struct poptOption options[] = {
    { "key", 'k', POPT_ARG_STRING, &opt_key, 0, "sign with this key (else the only one)",
      "KEY|FILE" },
    PASSPHRASE_OPTION("read the passphrase of the key from this descriptor"),
    { "namespace", 'n', POPT_ARG_STRING, &opt_namespace, 0, "publish there", "ORG" },
    { "visibility", 0, POPT_ARG_STRING, &opt_visibility, 0, "who may see it, of a new pack",
      "public|private" },
    { "registry", 'r', POPT_ARG_STRING, &opt_registry, 0, "publish to this registry", "URL" },
    { "dry-run", 0, POPT_ARG_NONE, &opt_dry_run, 0, "lint, build and sign, but send nothing",
      NULL },
    { "allow-http", 0, POPT_ARG_NONE, &opt_http, 0, "speak http to other machines", NULL },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the answer as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

struct built {
    struct pack_bytes archive;
    struct pack_index index;
    const char *bundle;
};

static bool folder_lint(int dir, struct arena *arena, struct error *err)
{
    struct lint_report report;
    if (!lint_folder(dir, arena, &report, err))
        return false;
    /* Errors come first, and the first of them is what the command ends with. */
    for (size_t i = report.errors > 0; i < report.findings.count; i++) {
        const struct finding *finding = LIST_AT(report.findings, const struct finding, i);
        fprintf(stderr, "%s: %s: %s\n", finding->severity == LINT_ERROR ? "error" : "warning",
                text_escape(finding->file ? finding->file : ".", arena),
                text_escape(finding->message, arena));
    }
    return lint_require(&report, err);
}

static struct list subjects_of(const struct pack_index *index, struct arena *arena)
{
    struct subject *subjects = ARENA_ARRAY(arena, struct subject, index->files.count + 1);
    size_t count = 0;
    LIST_FOREACH (index->files, const struct pack_file, file)
        subjects[count++] = (struct subject){ file->path, file->sha256 };
    return (struct list){ subjects, count };
}

static bool folder_build(const char *folder, struct arena *arena, struct built *out,
                         struct error *err)
{
    CLEANUP(closep) int dir = -1;
    if (!pack_folder_open(folder, &dir, err)) {
        bool is_file = err->kind == ERROR_INVALID;
        return is_file ? error_hint(err, "publish takes the pack's folder, and builds its archive")
                       : false;
    }
    return (folder_lint(dir, arena, err) &&
            archive_from_folder(dir, NULL, arena, &out->archive, &out->index, err)) ||
           error_prefix(err, "%s", folder);
}

static bool built_sign(const struct folders *folders, const char *namespace, struct arena *arena,
                       struct built *built, struct error *err)
{
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    const struct trust_subject subject = {
        .namespace = namespace,
        .name = built->index.manifest.name,
        .version = built->index.manifest.version,
        .archive_sha256 = built->index.sha256,
        .tar_sha256 = built->index.tar_sha256,
        .files = subjects_of(&built->index, arena),
    };
    return key_load(folders, opt_key, &key, err) &&
           (trust_sign(&subject, key, arena, &built->bundle, err) || error_prefix(err, "sign"));
}

/* Only one that the account may publish to can be meant; with several, people say which. */
static bool namespace_find(const struct remote *remote, struct arena *arena, const char **out,
                           struct error *err)
{
    struct whoami who;
    const char *found = NULL;
    size_t count = 0;
    if (!remote_whoami(remote, arena, &who, err))
        return error_prefix(err, "the namespace");
    LIST_FOREACH (who.organisations, const struct whoami_organisation, organisation)
        if (!organisation->role || strcmp(organisation->role, "reader") != 0) {
            found = organisation->name;
            count++;
        }
    if (count == 0) {
        error_set(err, DENIED, "you may publish nowhere at %s", remote->base);
        return error_hint(err,
                          "ask an owner of an organisation for the role publisher, or make one on "
                          "%s/account",
                          remote->base);
    }
    if (count != 1) {
        error_set(err, INVALID, "you may publish to %zu namespaces: say which one", count);
        return error_hint(err, "--namespace ORG");
    }
    *out = found;
    return pack_namespace_check(found, "namespace", err);
}

static struct doc *report_doc(const struct remote *remote, const char *namespace,
                              const struct built *built, struct arena *arena)
{
    const struct manifest *manifest = &built->index.manifest;
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "registry", remote->base);
    doc_add_text(arena, out, "pack", arena_printf(arena, "%s/%s", namespace, manifest->name));
    doc_add_text(arena, out, "namespace", namespace);
    doc_add_text(arena, out, "name", manifest->name);
    doc_add_text(arena, out, "version", manifest->version);
    doc_add_text(arena, out, "digest", arena_printf(arena, "sha256:%s", built->index.sha256));
    struct doc *files = doc_add_list(arena, out, "files");
    LIST_FOREACH (built->index.files, const struct pack_file, file)
        doc_add_text(arena, files, NULL, file->path);
    return out;
}

/* Who publishes shall see what goes out: the manifest that names it may be somebody else's work. */
static void files_tell(const struct built *built, struct arena *arena)
{
    struct ui_table table;
    if (opt_json)
        return;
    ui_table_init(&table, arena, 3);
    LIST_FOREACH (built->index.files, const struct pack_file, file)
        UI_ROW(&table, file->executable ? "0755" : "0644", ui_size(file->size, arena), file->path);
    ui_table_print(&table, NULL, stderr);
}

static void report(const struct remote *remote, const char *namespace, const struct built *built,
                   const struct remote_published *published, struct arena *arena)
{
    const struct manifest *manifest = &built->index.manifest;
    if (!opt_json) {
        printf("%s\n", published->id);
        fprintf(stderr, "%s %s/%s@%s at %s, sha256:%s\n",
                published->created ? "published" : "was there already:", namespace, manifest->name,
                manifest->version, remote->base, built->index.sha256);
        return;
    }
    struct doc *out = report_doc(remote, namespace, built, arena);
    doc_add_text(arena, out, "id", published->id);
    doc_add_bool(arena, out, "created", published->created);
    ui_json(out);
}

/* What would be published, in the keys of what was. */
static void dry_report(const struct remote *remote, const char *namespace,
                       const struct built *built, struct arena *arena)
{
    const struct manifest *manifest = &built->index.manifest;
    if (opt_json) {
        struct doc *out = report_doc(remote, namespace, built, arena);
        doc_add_bool(arena, out, "dry_run", true);
        ui_json(out);
        return;
    }
    printf("%s/%s@%s  sha256:%s\n", namespace, manifest->name, manifest->version,
           built->index.sha256);
}

static bool send(const struct remote *remote, const char *namespace, const struct built *built,
                 struct arena *arena, struct error *err)
{
    const struct remote_upload upload = {
        .namespace = namespace,
        .name = built->index.manifest.name,
        .version = built->index.manifest.version,
        .archive = built->archive.data,
        .archive_len = built->archive.len,
        .bundle = built->bundle,
        .visibility = opt_visibility,
    };
    struct remote_published published;
    if (!remote_publish(remote, &upload, arena, &published, err)) {
        /* The registry's advice is a route of its API: people here have a command. */
        if (err->kind == ERROR_UNTRUSTED && (!err->hint[0] || strstr(err->hint, "/api/v1/")))
            error_hint(err, "if it does not know the key yet: nono key register %.64s --org %s",
                       opt_key && !key_is_path(opt_key) ? opt_key : "NAME", namespace);
        return error_name(err,
                          arena_printf(arena, "%s/%s@%s", namespace, upload.name, upload.version));
    }
    report(remote, namespace, built, &published, arena);
    return true;
}

static bool publish_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(session_close) struct session session;
    struct remote remote;
    struct built built;
    const char *namespace = opt_namespace;
    if (!session_open(opt_http, &session, err))
        return false;
    if (*operands && operands[1])
        return error_set(err, INVALID, "name one folder");
    const char *folder = *operands ? *operands : ".";
    if ((namespace && !pack_namespace_check(namespace, "namespace", err)) ||
        !session_remote(&session, opt_registry, namespace, &remote, err) ||
        !folder_build(folder, session.arena, &built, err) ||
        (!namespace && !namespace_find(&remote, session.arena, &namespace, err)) ||
        !built_sign(&session.folders, namespace, session.arena, &built, err))
        return false;
    files_tell(&built, session.arena);
    if (opt_dry_run) {
        dry_report(&remote, namespace, &built, session.arena);
        return true;
    }
    return send(&remote, namespace, &built, session.arena, err);
}

const struct command command_publish = {
    .name = "publish",
    .args = "[DIR]",
    .summary = "lint, build, sign and upload a pack",
    .examples = EXAMPLES("nono publish ./web --namespace acme --key release",
                         "nono publish ./web --dry-run"),
    .options = options,
    .run = publish_run,
};
