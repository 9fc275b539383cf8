/*
 * Publishing a version: authority over the namespace, manifest, version, the archive byte by byte,
 * every digest, profiles, the signature and whose key it is are checked; the blobs are durable and
 * have their names; then one transaction with every row and the audit event is committed. It is
 * opened before the checks are done, and the journal of the blobs written meanwhile, so that the
 * database and the disk work while the processor does; a refusal takes both back. A crash leaves
 * nothing or the whole version, and at worst blobs that nobody refers to, which the collector
 * takes.
 *
 * Who publishes was let in before the body came, and is asked for again in the transaction, which
 * their token or session, account and role outlast: what ends one of them waits for it, or makes it
 * a refusal.
 *
 * A version that is there already with the same content stays as it is; those of its blobs that the
 * disk has lost or changed since, and that are among what came, are put back.
 */
#pragma once

#include "lib/digest/sha256.h"
#include "lib/pack/archive.h"
#include "registry/domain/access.h"
#include "registry/domain/registry.h"

struct publish_request {
    const char *namespace, *name;
    const char *version;    /* what the request says; must be the manifest's */
    const char *visibility; /* of a new pack; NULL: public */
    struct pack_bytes bundle;
    struct pack_bytes archive;     /* either this */
    const struct pack_file *files; /* or the files, of which the archive is made here */
    size_t file_count;
};

struct publish_result {
    const char *id; /* uuid of the version */
    const char *namespace, *name, *version;
    const char *digest; /* "sha256:..." of the archive as it is stored */
    bool created;       /* false: the same bytes were here already */
    bool mended;        /* blobs were lost or damaged, and have been put back */
    struct list notes;  /* const char *: what the signature does not bind */
};
extern const struct record publish_result_record;

/*
 * INVALID for what is malformed, UNTRUSTED for the signature, DENIED or NOT_FOUND for the
 * namespace, UNAUTHORIZED when the token or session has ended meanwhile, CONFLICT when other bytes
 * stand under this version, TOO_LARGE beyond a limit; err->field is the part of the request,
 * err->hint what to do. Nothing has changed then.
 */
bool version_publish(struct registry *registry, const struct publish_request *request,
                     const struct actor *actor, struct arena *arena, struct publish_result *out,
                     struct error *err) MUST_CHECK;
