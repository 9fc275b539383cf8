#include "client/cmd/pkg/installer.h"

#include <string.h>

#include "client/cmd/pkg/consent.h"
#include "client/install/signers.h"
#include "client/store/verify.h"
#include "lib/base/text.h"
#include "lib/pack/semver.h"

/* Packs count min_nono_version in the original's versions: this one is what we speak. */
#define COMPATIBLE_VERSION "0.74.0"

struct installer {
    struct session *session;
    const struct remote *remote;
    struct fetched *fetched;
    const struct installer_options *options;
    const char *key;
    bool pinned; /* in known_signers.json, where it outlives the pack */
    struct lock_provenance provenance;
    struct install_pack pack;
    struct install_options install_options;
};

static bool version_supported(const struct manifest *manifest, struct error *err)
{
    struct semver wanted, ours, compatible;
    const char *text = manifest->min_nono_version;
    if (!text)
        return true;
    struct error ignored;
    if (!semver_parse(text + (text[0] == 'v'), &wanted, err))
        return error_prefix(err, "min_nono_version");
    if (!semver_parse(COMPATIBLE_VERSION, &compatible, &ignored) ||
        !semver_parse(NONO_VERSION, &ours, &ignored))
        return false;
    return semver_compare(&wanted, &compatible) <= 0 || semver_compare(&wanted, &ours) <= 0 ||
           error_set(err, UNSUPPORTED, "it needs nono %s or later; this one does what %s does",
                     text, COMPATIBLE_VERSION);
}

static bool platform_supported(const struct manifest *manifest, struct error *err)
{
    if (manifest->platforms.count == 0)
        return true;
    LIST_FOREACH (manifest->platforms, const char *, platform)
        if (strcmp(*platform, "linux") == 0)
            return true;
    return error_set(err, UNSUPPORTED, "it is not for Linux");
}

static bool downgrade_check(const struct installer *installer, const struct lock_pack *old,
                            struct error *err)
{
    struct semver before, after;
    struct error ignored;
    if (!old || installer->options->allow_downgrade ||
        !semver_parse(old->version, &before, &ignored) ||
        !semver_parse(installer->fetched->ref.version, &after, &ignored) ||
        semver_compare(&after, &before) >= 0)
        return true;
    error_set(err, DENIED, "%s is installed, and %s is older", old->version,
              installer->fetched->ref.version);
    return error_hint(err, "--allow-downgrade installs it all the same");
}

/* Another archive under a version that is installed. */
static bool same_version_check(const struct installer *installer, const struct lock_pack *old,
                               struct error *err)
{
    const char *sha256 = installer->fetched->index.sha256;
    if (!old || !old->archive_digest ||
        strcmp(old->version, installer->fetched->ref.version) != 0 ||
        strcmp(old->archive_digest + strlen("sha256:"), sha256) == 0 || installer->options->force ||
        !installer->fetched->document.archive)
        return true;
    error_set(err, UNTRUSTED, "%s is installed with another digest: versions do not change",
              old->version);
    return error_hint(err, "--force takes the registry's word for it");
}

static bool is_accepted(const char *accepted, const char *signer)
{
    return accepted &&
           (strcmp(accepted, signer) == 0 || strcmp(accepted, signer + strlen("key:")) == 0);
}

/* A pack of this name at another registry may be anybody's: no word of accepting its signer. */
static bool foreign_signer(const struct installer *installer, const char *known, const char *from,
                           struct error *err)
{
    const char *ours = session_option(installer->session, from, installer->fetched->ref.namespace);
    error_set(err, UNTRUSTED,
              "the signer changed from %s to %s, and the registry from %.96s to %.96s", known,
              installer->fetched->signer, from, installer->remote->base);
    return error_hint(err, "nono pull %s%s asks where it came from", installer->key, ours);
}

static bool signer_check(const struct installer *installer, const struct lock_pack *old,
                         const char *known, struct error *err)
{
    const char *signer = installer->fetched->signer;
    if (!known || strcmp(known, signer) == 0 ||
        is_accepted(installer->options->accept_signer, signer))
        return true;
    if (old && old->registry && strcmp(old->registry, installer->remote->base) != 0)
        return foreign_signer(installer, known, old->registry, err);
    error_set(err, UNTRUSTED, "the signer changed from %s to %s", known, signer);
    return error_hint(err, "ask %s whether that is right; then --accept-signer %s",
                      installer->fetched->ref.namespace, signer + strlen("key:"));
}

/* It was not when the update began, which the question may have held up. */
static bool pin_check(const struct installer *installer, const struct lock_pack *old,
                      struct error *err)
{
    if (!installer->options->spares_pinned || !old || !old->pinned)
        return true;
    error_set(err, CONFLICT, "it was pinned meanwhile");
    return error_hint(err, "nothing was changed; nono update --force %s updates it all the same",
                      installer->key);
}

static bool checks_run(const struct installer *installer, const struct store *store,
                       struct consent *consent, struct error *err)
{
    const struct pack_ref *ref = &installer->fetched->ref;
    const struct manifest *manifest = &installer->fetched->index.manifest;
    const struct lock_pack *old = store_find(store, ref->namespace, ref->name);
    *consent = (struct consent){ .store = store, .fetched = installer->fetched };
    return platform_supported(manifest, err) && version_supported(manifest, err) &&
           pin_check(installer, old, err) && downgrade_check(installer, old, err) &&
           same_version_check(installer, old, err) &&
           signer_find(store, installer->key, installer->session->arena, &consent->known_signer,
                       err) &&
           signer_check(installer, old, consent->known_signer, err) &&
           signer_known_for(store, ref->namespace, installer->fetched->signer,
                            &consent->signer_packs, err);
}

static bool plan_make(struct installer *installer, const struct store *store,
                      struct install *install, struct consent *consent, struct error *err)
{
    consent->install = install;
    return checks_run(installer, store, consent, err) &&
           (consent->install = install,
            install_plan(store, &installer->pack, &installer->install_options,
                         installer->session->arena, install, err));
}

/* The very pack is installed, whole. */
static bool is_there(const struct installer *installer, const struct store *store)
{
    const struct pack_ref *ref = &installer->fetched->ref;
    const struct lock_pack *old = store_find(store, ref->namespace, ref->name);
    struct error ignored;
    return !installer->options->force && old && strcmp(old->version, ref->version) == 0 &&
           (!old->archive_digest || !installer->fetched->document.archive ||
            strcmp(old->archive_digest + strlen("sha256:"), installer->fetched->index.sha256) ==
                0) &&
           store_verify(store, ref->namespace, ref->name, &ignored);
}

static void provenance_fill(struct installer *installer)
{
    const struct fetched *fetched = installer->fetched;
    const struct remote_provenance *stated = fetched->document.provenance;
    installer->provenance = (struct lock_provenance){
        .signer_identity = fetched->signer,
        .repository = installer->key,
        .workflow = "",
        .git_ref = "",
        .signed_at = fetched->document.published_at ? fetched->document.published_at
                     : stated                       ? stated->signed_at
                                                    : NULL,
    };
    installer->pack = (struct install_pack){
        .namespace = fetched->ref.namespace,
        .name = fetched->ref.name,
        .index = &fetched->index,
        .source = &fetched->source,
        .bundle = fetched->bundle,
        .bundle_len = fetched->bundle_len,
        .registry = installer->remote->base,
        .archive_digest = fetched->document.archive ? fetched->document.archive->digest : NULL,
        .signer = fetched->signer,
        .provenance = &installer->provenance,
    };
}

/* What is shown and asked, with the store open for reading only while it is worked out. */
static bool question(struct installer *installer, struct install *shown, struct doc *report,
                     bool *out_yes, bool *out_there, struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    struct consent consent;
    *out_yes = false;
    if (!store_open(STORE_READ, &store, err) || !checks_run(installer, store, &consent, err))
        return false;
    *out_there = is_there(installer, store);
    if (!signer_is_pinned(store, installer->key, installer->fetched->signer, &installer->pinned,
                          err))
        return false;
    if (!plan_make(installer, store, shown, &consent, err) ||
        !consent_doc(&consent, installer->session->arena, report, err))
        return false;
    if (*out_there)
        return true;
    if (!installer->options->quiet && !consent_show(&consent, installer->session->arena, err))
        return false;
    shown->old = NULL; /* of a store that is about to be closed */
    store_close(STEAL(store));
    *out_yes = installer->options->yes || installer->options->dry_run;
    return *out_yes || ui_confirm("install it?", out_yes, err);
}

/* INSTALLER_THERE when another process has installed it meanwhile. */
static bool act(struct installer *installer, const struct install *shown,
                enum installer_result *out, struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    struct consent consent;
    struct install install;
    if (!store_open(STORE_WRITE, &store, err) || !checks_run(installer, store, &consent, err))
        return false;
    *out = is_there(installer, store) ? INSTALLER_THERE : INSTALLER_DONE;
    if (*out == INSTALLER_THERE)
        return true;
    if (!plan_make(installer, store, &install, &consent, err))
        return false;
    if (!installer->options->yes && !install_same(shown, &install)) {
        error_set(err, CONFLICT, "files that it would touch were changed meanwhile");
        return error_hint(err, "nothing was done: try again");
    }
    return install_commit(store, &install, err);
}

/* A pack that another client installed, or an older nono that was killed, has no pin yet: without
 * it the lock file is all that knows the signer, and that forgets with the pack. */
static bool pin_complete(const struct installer *installer, struct error *err)
{
    CLEANUP(store_closep) struct store *store = NULL;
    struct consent consent;
    const char *signer = installer->fetched->signer;
    if (!store_open(STORE_WRITE, &store, err) || !checks_run(installer, store, &consent, err))
        return false;
    if (!is_there(installer, store) || !consent.known_signer ||
        strcmp(consent.known_signer, signer) != 0)
        return true;
    return signer_pin(store, installer->key, signer, err);
}

bool installer_run(struct session *session, const struct remote *remote, struct fetched *fetched,
                   const struct installer_options *options, struct doc *report,
                   enum installer_result *out, struct error *err)
{
    struct installer installer = {
        .session = session,
        .remote = remote,
        .fetched = fetched,
        .options = options,
        .key = arena_printf(session->arena, "%s/%s", fetched->ref.namespace, fetched->ref.name),
        .install_options = { .force = options->force, .extra_folders = session->config.extra },
    };
    provenance_fill(&installer);
    struct install shown;
    bool yes, there = false;
    if (!question(&installer, &shown, report, &yes, &there, err))
        return error_name(err, installer.key);
    *out = there ? INSTALLER_THERE : INSTALLER_WOULD;
    if (there && !installer.pinned && !options->dry_run)
        return pin_complete(&installer, err) || error_name(err, installer.key);
    if (there || options->dry_run)
        return true;
    if (!yes) {
        error_set(err, DENIED, "%s: you said no", installer.key);
        return error_hint(err, "nothing was changed");
    }
    return act(&installer, &shown, out, err) || error_name(err, installer.key);
}
