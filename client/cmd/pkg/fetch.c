#include "client/cmd/pkg/fetch.h"

#include <string.h>
#include <unistd.h>

#include "client/cmd/pkg/cache.h"
#include "client/cmd/pkg/fetch_original.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pack/semver.h"

bool fetch_resolve(const struct remote *remote, struct pack_ref *ref, struct arena *arena,
                   struct error *err)
{
    struct semver_range range;
    struct semver best, version;
    const struct remote_version *found = NULL;
    struct list versions;
    if (ref->kind != PACK_REF_RANGE)
        return true;
    if (!semver_range_parse(ref->version, &range, err) ||
        !remote_versions(remote, ref->namespace, ref->name, arena, &versions, err))
        return false;
    bool any = false;
    LIST_FOREACH (versions, const struct remote_version, item) {
        struct error ignored;
        if (!semver_parse(item->version, &version, &ignored) ||
            !semver_range_matches(&range, &version))
            continue;
        any = true;
        if (item->yanked)
            continue;
        if (!found || semver_compare(&version, &best) > 0) {
            found = item;
            best = version;
        }
    }
    if (!found && any)
        return remote_all_yanked(remote, arena_printf(arena, "%s/%s", ref->namespace, ref->name),
                                 arena_printf(arena, " in %s", ref->version), err);
    if (!found)
        return error_set(err, NOT_FOUND, "%s/%s has no version in %s", ref->namespace, ref->name,
                         ref->version);
    semver_print(&best, ref->version);
    ref->kind = PACK_REF_VERSION;
    return true;
}

/* Where the archive goes while it is being downloaded. */
struct target {
    struct session *session;
    struct cache_slot slot;
    bool resumes;
};

static bool target_place(void *context, const struct pull_document *document, int *out_fd,
                         struct error *err)
{
    struct target *target = context;
    const char *sha256 = document->archive->digest + strlen("sha256:");
    if (!cache_open(target->session->folders.cache, sha256, &target->slot, err))
        return false;
    off_t end = lseek(target->slot.fd, 0, SEEK_END);
    bool fits = end >= 0 && (uint64_t)end <= document->archive->size_bytes;
    if (!target->slot.whole && !fits &&
        (ftruncate(target->slot.fd, 0) != 0 || (end = lseek(target->slot.fd, 0, SEEK_SET)) < 0))
        return error_set_errno(err, "cache: %s", sha256);
    target->resumes = !target->slot.whole && end > 0;
    *out_fd = target->slot.whole || target->resumes ? -1 : target->slot.fd;
    return true;
}

/* What an earlier download left of this digest may be anything, another registry's lie too: the
 * rest of the right archive behind it is no reason to fail. */
static bool archive_come(struct session *session, const struct remote *remote,
                         struct target *target, const struct remote_package *package,
                         struct error *err)
{
    const struct remote_archive *archive = package->document.archive;
    bool here = target->slot.whole || package->archive_here, again = target->resumes;
    for (;; again = false) {
        if (!here && !remote_archive_fetch(remote, archive, target->slot.fd, session->arena, err))
            return error_prefix(err, "archive");
        if (cache_finish(&target->slot, err))
            return true;
        if (!again || err->kind != ERROR_UNTRUSTED)
            return false;
    }
}

static bool archive_get(struct session *session, const struct remote *remote, struct target *target,
                        const struct remote_package *package, struct fetched *fetched,
                        struct error *err)
{
    const struct remote_archive *archive = package->document.archive;
    fetched->from_cache = target->slot.whole;
    if (!archive_come(session, remote, target, package, err))
        return false;
    fetched->source =
        (struct archive_source){ .fd = target->slot.fd, .len = (size_t)archive->size_bytes };
    target->slot.fd = -1;
    const struct archive_expect expect = { .name = fetched->ref.name,
                                           .version = package->document.version,
                                           .sha256 = archive->digest + strlen("sha256:") };
    return archive_read_index(&fetched->source, &expect, session->arena, &fetched->index, err) ||
           error_prefix(err, "archive");
}

static bool package_get(struct session *session, const struct remote *remote,
                        struct fetched *fetched, struct error *err)
{
    struct target target = { .session = session, .slot = { .fd = -1 } };
    const struct remote_place place = { &target, target_place };
    const struct pack_ref *ref = &fetched->ref;
    const char *version = ref->kind == PACK_REF_LATEST ? "latest" : ref->version;
    const struct remote_wanted wanted = { ref->namespace, ref->name, version };
    struct remote_package package;
    bool ok = remote_download(remote, &wanted, &place, session->arena, &package, err);
    if (ok) {
        fetched->document = package.document;
        fetched->bundle = package.bundle;
        fetched->bundle_len = package.bundle_len;
        ok = archive_get(session, remote, &target, &package, fetched, err);
    } else if (err->kind == ERROR_NOT_FOUND || err->kind == ERROR_METHOD) {
        ok = fetch_original(session, remote, version, fetched, err);
    }
    cache_close(&target.slot);
    return ok;
}

/* Of an organisation: the keys, and their windows. */
struct keys {
    struct trusted_key *trusted;
    struct public_key **owned;
    size_t count;
};

static void keys_free(struct keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        public_key_free(keys->owned[i]);
}

/* A key that we cannot read is one that nobody can have signed with for us. */
static void key_add(struct keys *keys, const struct remote_key *item)
{
    struct error ignored;
    struct public_key *key;
    int64_t until = 0;
    if (!public_key_read(item->public_key, strlen(item->public_key), &key, &ignored))
        return;
    if (item->revoked_at && !clock_parse(item->revoked_at, &until))
        until = 1;
    keys->owned[keys->count] = key;
    keys->trusted[keys->count++] = (struct trusted_key){ .key = key, .until_us = until };
}

/* All of them, those that were revoked too: the one that signs now is the last. LIMIT_JSON_BYTES
 * bounds them. */
static void keys_take(const struct list *listed, struct arena *arena, struct keys *keys)
{
    keys->trusted = ARENA_ARRAY(arena, struct trusted_key, listed->count + 1);
    keys->owned = ARENA_ARRAY(arena, struct public_key *, listed->count + 1);
    LIST_FOREACH (*listed, const struct remote_key, item)
        key_add(keys, item);
}

static struct list subjects_of(const struct pack_index *index, struct arena *arena)
{
    struct subject *subjects = ARENA_ARRAY(arena, struct subject, index->files.count + 1);
    size_t count = 0;
    LIST_FOREACH (index->files, const struct pack_file, file)
        subjects[count++] = (struct subject){ file->path, file->sha256 };
    return (struct list){ subjects, count };
}

/* What is said of the key that signed: by the organisation's list, or by the pull document alone.
 */
static void signer_describe(const struct list *keys, struct fetched *fetched)
{
    const char *key_id = fetched->verdict.key_id;
    const struct remote_signer *stated = fetched->document.signer;
    fetched->signer_revoked =
        stated && stated->revoked && stated->key_id && strcmp(stated->key_id, key_id) == 0;
    LIST_FOREACH (*keys, const struct remote_key, key)
        if (strcmp(key->key_id, key_id) == 0) {
            fetched->signer_name = key->name;
            fetched->signer_revoked |= key->revoked_at != NULL;
            return;
        }
}

/* When it was published, as the registry says; a key that was revoked before is no good. */
static int64_t signed_at(const struct pull_document *document)
{
    int64_t at;
    return document->published_at && clock_parse(document->published_at, &at) ? at : clock_now_us();
}

static bool signature_verify(struct session *session, const struct remote *remote,
                             struct fetched *fetched, struct error *err)
{
    struct arena *arena = session->arena;
    struct list listed;
    if (!remote_keys(remote, fetched->ref.namespace, arena, &listed, err))
        return error_prefix(err, "the keys of %s", fetched->ref.namespace);
    CLEANUP(keys_free) struct keys keys = { .count = 0 };
    keys_take(&listed, arena, &keys);
    const bool ours = fetched->document.archive != NULL;
    const struct trust_subject subject = {
        .namespace = fetched->ref.namespace,
        .name = fetched->ref.name,
        .version = fetched->index.manifest.version,
        .archive_sha256 = ours ? fetched->index.sha256 : NULL,
        .tar_sha256 = ours ? fetched->index.tar_sha256 : NULL,
        .files = subjects_of(&fetched->index, arena),
    };
    const struct trust_request request = {
        .bundle = fetched->bundle,
        .bundle_len = fetched->bundle_len,
        .keys = keys.trusted,
        .key_count = keys.count,
        .subject = &subject,
        .at_us = signed_at(&fetched->document),
        .require_binding = ours,
    };
    struct verdict verdict;
    if (!trust_verify(&request, arena, &verdict, err))
        return false;
    verdict.key_id = arena_strndup(arena, verdict.key_id, strlen(verdict.key_id));
    fetched->verdict = verdict;
    fetched->signer = arena_printf(arena, "key:%s", verdict.key_id);
    signer_describe(&listed, fetched);
    return true;
}

/* The version that was asked for, and the one that its manifest and signature name. */
static bool version_check(const struct pack_ref *asked, struct fetched *fetched, struct error *err)
{
    const char *version = fetched->index.manifest.version;
    if (asked->kind == PACK_REF_VERSION && strcmp(asked->version, version) != 0)
        return error_set(err, UNTRUSTED, "asked for version %s, the registry sent %s",
                         asked->version, version);
    if (strcmp(fetched->document.version, version) != 0)
        return error_set(err, UNTRUSTED, "the registry calls version %s what is %s",
                         fetched->document.version, version);
    (void)memcpy(fetched->ref.version, version, strlen(version) + 1);
    fetched->ref.kind = PACK_REF_VERSION;
    return true;
}

bool fetch_pack(struct session *session, const struct remote *remote, const struct pack_ref *ref,
                struct fetched *out, struct error *err)
{
    struct fetched *fetched = out;
    *fetched = (struct fetched){ .ref = *ref, .source = { .fd = -1 } };
    const char *pack = arena_printf(session->arena, "%s/%s", ref->namespace, ref->name);
    session->progress.what = arena_printf(session->arena, "pulling %s", pack);
    bool ok = fetch_resolve(remote, &fetched->ref, session->arena, err);
    const struct pack_ref asked = fetched->ref;
    ok = ok && package_get(session, remote, fetched, err) && version_check(&asked, fetched, err) &&
         signature_verify(session, remote, fetched, err);
    ui_progress_end(&session->progress);
    session->progress.what = NULL;
    return ok || error_name(err, pack);
}

void fetched_close(struct fetched *fetched)
{
    closep(&fetched->source.fd);
}
