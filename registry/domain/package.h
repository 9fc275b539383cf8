/* What can be done to a pack that is there: settings, yank, and the question whether to update. */
#pragma once

#include "registry/domain/access.h"
#include "registry/domain/registry.h"

struct package_change {
    const char *visibility;  /* "public", "private"; NULL: as it is */
    const char *description; /* "": that of the manifest again; NULL: as it is */
};
bool package_change(struct registry *registry, const char *const ref[2],
                    const struct package_change *change, const struct actor *actor,
                    struct error *err) MUST_CHECK;

/*
 * Takes a version out of use, or back into it. The bytes stay for those who have its digest. *out
 * is the version as it was found: what "latest" named before is not what it names after.
 */
#define YANK_REASON_MAX 1000 /* characters */
bool version_yank(struct registry *registry, const char *const ref[3], const char *reason,
                  const struct actor *actor, struct arena *arena, struct version **out,
                  struct error *err) MUST_CHECK;
bool version_unyank(struct registry *registry, const char *const ref[3], const struct actor *actor,
                    struct arena *arena, struct version **out, struct error *err) MUST_CHECK;

struct package_status {
    uint64_t schema_version;
    const char *latest;           /* NULL when nothing can be installed */
    const char *installed_status; /* current, ahead, outdated, yanked, unknown */
    const char *yank_reason;
};
extern const struct record package_status_record;

/* The name of a profile, as a pack may bring one: INVALID otherwise. */
bool profile_name_check(const char *name, struct error *err) MUST_CHECK;

/* installed may be anything; what is no version is "unknown". NULL: not asked. */
bool package_status(struct registry *registry, const char *const ref[2], const char *installed,
                    const struct principal *who, struct arena *arena, struct package_status *out,
                    struct error *err) MUST_CHECK;
