/* Signing an archive without a registry, and the reverse. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/keys.h"
#include "client/cmd/pkg/pack.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/ui/term.h"
#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/pack/ref.h"

#define BUNDLE_END ".sigstore.json"

static char *opt_key, *opt_namespace, *opt_output, *opt_bundle;
static int opt_json;

static const struct poptOption sign_options[] = {
    { "key", 'k', POPT_ARG_STRING, &opt_key, 0, "sign with this key (else the only one)",
      "KEY|FILE" },
    PASSPHRASE_OPTION("read the passphrase of the key from this descriptor"),
    { "namespace", 'n', POPT_ARG_STRING, &opt_namespace, 0, "the namespace it is for", "ORG" },
    { "output", 'o', POPT_ARG_STRING, &opt_output, 0, "write the bundle there", "FILE" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what was signed as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption check_options[] = {
    { "key", 'k', POPT_ARG_STRING, &opt_key, 0, "the public key that must have signed", "FILE" },
    { "namespace", 'n', POPT_ARG_STRING, &opt_namespace, 0, "the namespace it is of", "ORG" },
    { "bundle", 'b', POPT_ARG_STRING, &opt_bundle, 0, "the signature", "FILE" },
    { "json", 0, POPT_ARG_NONE, &opt_json, 0, "print the verdict as JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool namespace_given(struct error *err)
{
    if (!opt_namespace) {
        error_set(err, INVALID, "a signature binds the namespace: say which one");
        return error_hint(err, "--namespace ORG");
    }
    return pack_namespace_check(opt_namespace, "namespace", err);
}

static void signed_tell(const char *bundle, const struct pack_index *index,
                        const struct private_key *key, struct arena *arena)
{
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    if (!opt_json) {
        printf("%s\n", bundle);
        return;
    }
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "bundle", bundle);
    doc_add_text(arena, out, "key_id", public_key_id(public));
    doc_add_text(arena, out, "namespace", opt_namespace);
    doc_add_text(arena, out, "name", index->manifest.name);
    doc_add_text(arena, out, "version", index->manifest.version);
    doc_add_text(arena, out, "digest", arena_printf(arena, "sha256:%s", index->sha256));
    ui_json(out);
}

static bool sign_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    struct pack_built built;
    struct folders folders;
    const char *path, *bundle;
    if (!pack_one_operand(operands, NULL, &path, err) || !namespace_given(err) ||
        !pack_load(path, arena, &built, err) || !folders_find(arena, &folders, err) ||
        !key_load(&folders, opt_key, &key, err))
        return false;
    struct trust_subject subject = pack_subject(&built.index, opt_namespace, arena);
    if (!trust_sign(&subject, key, arena, &bundle, err))
        return error_prefix(err, "sign");
    const char *to = opt_output ? opt_output : arena_printf(arena, "%s" BUNDLE_END, path);
    if (!(opt_output ? pack_write : pack_write_beside)(to, bundle, strlen(bundle), arena, err))
        return false;
    signed_tell(to, &built.index, key, arena);
    return true;
}

static bool public_load(struct arena *arena, struct public_key **out, struct error *err)
{
    const char *text;
    size_t len;
    if (!opt_key) {
        error_set(err, INVALID, "say whose signature it must be");
        return error_hint(err, "--key FILE with the public key; nono key show prints one");
    }
    return file_read_path(opt_key, LIMIT_KEY_BYTES, arena, &text, &len, err) &&
           (public_key_read(text, len, out, err) || error_prefix(err, "%s", opt_key));
}

static void verdict_print(const struct verdict *verdict, struct arena *arena)
{
    if (opt_json) {
        struct doc *out = doc_new(arena, DOC_TABLE);
        doc_add_text(arena, out, "key_id", verdict->key_id);
        doc_add_text(arena, out, "predicate_type", verdict->predicate_type);
        doc_add_bool(arena, out, "binds_identity", verdict->binds_identity);
        doc_add_bool(arena, out, "binds_archive", verdict->binds_archive);
        struct doc *notes = doc_add_list(arena, out, "notes");
        LIST_FOREACH (verdict->notes, const char *, note)
            doc_add_text(arena, notes, NULL, *note);
        ui_json(out);
        return;
    }
    printf("signed with the key %s\n", verdict->key_id);
    LIST_FOREACH (verdict->notes, const char *, note)
        printf("note: %s\n", *note);
}

static bool check_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(public_key_freep) struct public_key *key = NULL;
    struct pack_built built;
    const char *path, *bundle;
    size_t bundle_len;
    if (!pack_one_operand(operands, NULL, &path, err) || !namespace_given(err) ||
        !public_load(arena, &key, err) || !pack_load(path, arena, &built, err))
        return false;
    const char *from = opt_bundle ? opt_bundle : arena_printf(arena, "%s" BUNDLE_END, path);
    if (!file_read_path(from, LIMIT_BUNDLE_BYTES, arena, &bundle, &bundle_len, err))
        return false;
    struct trust_subject subject = pack_subject(&built.index, opt_namespace, arena);
    struct trusted_key trusted = { .key = key };
    struct trust_request request = { .bundle = bundle,
                                     .bundle_len = bundle_len,
                                     .keys = &trusted,
                                     .key_count = 1,
                                     .subject = &subject,
                                     .at_us = clock_now_us() };
    struct verdict verdict;
    if (!trust_verify(&request, arena, &verdict, err))
        return false;
    verdict_print(&verdict, arena);
    return true;
}

const struct command pack_sign = {
    .name = "sign",
    .args = "ARCHIVE",
    .summary = "sign an archive, for a registry or for whoever has the key",
    .examples = EXAMPLES("nono pack sign web.tar.zst --namespace acme --key release"),
    .options = sign_options,
    .run = sign_run,
};

const struct command pack_check = {
    .name = "verify",
    .args = "ARCHIVE",
    .summary = "check the signature on an archive",
    .examples = EXAMPLES("nono pack verify web.tar.zst --namespace acme --key release.pub"),
    .options = check_options,
    .run = check_run,
};
