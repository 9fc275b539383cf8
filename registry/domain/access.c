#include "registry/domain/access.h"

#include <string.h>

#include "registry/db/db.h"

enum role access_role(const struct principal *who, int role)
{
    if (!who)
        return ROLE_NONE;
    return who->is_admin ? ROLE_OWNER : (enum role)role;
}

bool access_require(const struct principal *who, int role, enum role needed, const char *namespace,
                    struct error *err)
{
    if (access_role(who, role) >= needed)
        return true;
    error_set(err, DENIED, "this needs the role %s in %s", role_names[needed], namespace);
    return error_hint(err, "an owner of %s can give it to you", namespace);
}

/* Reading follows what the token may read, acting what the account is. */
static int64_t viewer_of(const struct principal *who, enum role needed)
{
    if (needed == ROLE_NONE)
        return principal_viewer(who);
    return who ? who->account_id : 0;
}

/* Whoever acts without reading is not told that a private pack is there by a refusal. */
static bool is_hidden(const struct principal *who, int visibility, int role, enum role needed)
{
    return visibility == VISIBILITY_PRIVATE && !principal_may(who, SCOPE_READ) &&
           access_role(who, role) < needed;
}

bool access_organisation_check(const struct organisation *found, const char *name,
                               const struct principal *who, enum role needed, struct error *err)
{
    if (found)
        return access_require(who, found->role, needed, found->name, err);
    error_set(err, NOT_FOUND, "no organisation is called %s", name);
    return error_hint(err, "names are written exactly as they were made");
}

bool access_organisation(struct db *db, const char *name, const struct principal *who,
                         enum role needed, struct arena *arena, struct organisation **out,
                         struct error *err)
{
    return organisation_find(db, name, who ? who->account_id : 0, arena, out, err) &&
           access_organisation_check(*out, name, who, needed, err);
}

bool access_hold(struct db *db, const char *name, const struct principal *who, enum role needed,
                 struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct organisation *now;
    return (principal_is_operator(who) || principal_hold(db, who, err)) &&
           db_execute(db, QUERY(organisation_lock, db_text(name)), NULL, err) &&
           access_organisation(db, name, who, needed, arena, &now, err);
}

bool access_package(struct db *db, const char *const ref[2], const struct principal *who,
                    enum role needed, struct arena *arena, struct package **out, struct error *err)
{
    struct package *found;
    if (!package_find(db, ref, viewer_of(who, needed), arena, &found, err))
        return false;
    if (!found || is_hidden(who, found->visibility, found->role, needed))
        return error_set(err, NOT_FOUND, "no pack is called %s/%s", ref[0], ref[1]);
    if (!access_require(who, found->role, needed, found->namespace, err))
        return false;
    *out = found;
    return true;
}

static bool version_get(struct db *db, const char *const ref[3], const struct principal *who,
                        enum role needed, struct arena *arena, struct version **out,
                        struct error *err)
{
    struct version *found;
    if (!version_find(db, ref, viewer_of(who, needed), arena, &found, err))
        return false;
    if (found && is_hidden(who, found->visibility, found->role, needed))
        found = NULL;
    if (!found && strcmp(ref[2], "latest") == 0)
        return error_set(err, NOT_FOUND, "no pack is called %s/%s, or it has no version to pull",
                         ref[0], ref[1]);
    if (!found)
        return error_set(err, NOT_FOUND, "no version %s of %s/%s", ref[2], ref[0], ref[1]);
    if (!access_require(who, found->role, needed, found->namespace, err))
        return false;
    *out = found;
    return true;
}

bool access_version(struct db *db, const char *const ref[3], const struct principal *who,
                    enum role needed, struct arena *arena, struct version **out, struct error *err)
{
    struct version *found;
    if (!version_get(db, ref, who, needed, arena, &found, err))
        return false;
    if (found->yanked && strcmp(ref[2], "latest") == 0) {
        error_set(err, NOT_FOUND, "every version of %s/%s is yanked", ref[0], ref[1]);
        return error_hint(err, "a version is found by its number, yanked or not");
    }
    *out = found;
    return true;
}

bool access_version_gate(struct db *db, const char *const ref[3], const struct principal *who,
                         struct arena *arena, struct version **out, struct error *err)
{
    return version_get(db, ref, who, ROLE_NONE, arena, out, err);
}
