/* What a publish request holds, once it has been found sound. For publish.c and fsck.c alone. */
#pragma once

#include "lib/pack/semver.h"
#include "registry/domain/publish.h"

struct parcel {
    struct organisation *organisation;
    struct list keys; /* struct signing_key: of the organisation */
    struct semver version;
    char sort_key[SEMVER_KEY_MAX];
    struct pack_bytes archive;
    struct pack_index index;
    const struct pack_file *files; /* index.files.count of them, in its order, with their bytes */
    const char *manifest;          /* JSON */
    const char *permissions;       /* JSON */
    const char *readme;            /* NULL when there is none */
    const char *profiles;          /* JSON list of the names that its profiles answer to */
    const char *key_id;            /* who signed */
    bool binds;                    /* the statement names pack, version and archive */
    struct list notes;             /* const char * */
};

/* Takes it apart: a sound archive under the name and version that it is sent as. Everything goes to
 * arena. */
bool parcel_read(struct registry *registry, const struct publish_request *request,
                 struct arena *arena, struct parcel *parcel, struct error *err) MUST_CHECK;
/* And all else that can be checked of it alone. */
bool parcel_check(struct arena *arena, struct parcel *parcel, struct error *err) MUST_CHECK;
/* What rows say of it, from manifest to profiles, with nothing checked: for what was accepted once.
 */
bool parcel_describe(struct arena *arena, struct parcel *parcel, struct error *err) MUST_CHECK;

/* The permissions of all the profiles of a pack together: what installing it may bring. */
bool parcel_permissions(const struct parcel *parcel, struct arena *arena, const char **out,
                        struct error *err) MUST_CHECK;

/* Which of the organisation's keys has signed, over exactly what is at hand. */
bool parcel_verify(const struct registry *registry, const struct publish_request *request,
                   struct arena *arena, struct parcel *parcel, struct error *err) MUST_CHECK;
