/* Who may do what to what. Absence and "may not know of it" are the same answer, NOT_FOUND. */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "registry/auth/principal.h"
#include "registry/db/organisation.h"
#include "registry/db/package.h"

struct db;

/* Who acts, and from where: for authority and for the audit trail. */
struct actor {
    const struct principal *who; /* without a login, of the operator: the trail has "system" */
    const char *ip;
};

/* The role an account has there; an administrator is an owner everywhere. */
enum role access_role(const struct principal *who, int role);
/* DENIED, naming the role that is needed. */
bool access_require(const struct principal *who, int role, enum role needed, const char *namespace,
                    struct error *err) MUST_CHECK;

/* NOT_FOUND, or DENIED without the role; *out only counts without a failure. The check by itself is
 * for those who look it up together with more; found is NULL when there is none. */
bool access_organisation_check(const struct organisation *found, const char *name,
                               const struct principal *who, enum role needed, struct error *err)
    MUST_CHECK;
bool access_organisation(struct db *db, const char *name, const struct principal *who,
                         enum role needed, struct arena *arena, struct organisation **out,
                         struct error *err) MUST_CHECK;
/*
 * In a transaction, before what it writes: that who acts may do so, and may until the end. A role
 * that was found before the transaction may be gone: what takes it away is under way while this
 * waits, and would be undone by it. Failures are those of access_organisation and principal_hold.
 */
bool access_hold(struct db *db, const char *name, const struct principal *who, enum role needed,
                 struct error *err) MUST_CHECK;
/*
 * For reading (ROLE_NONE): private packs only to those whose principal may read them. For more: by
 * the account's role, whatever its token may read; a role that is too low is NOT_FOUND then, where
 * the pack is private and its token may not read it.
 */
bool access_package(struct db *db, const char *const ref[2], const struct principal *who,
                    enum role needed, struct arena *arena, struct package **out, struct error *err)
    MUST_CHECK;
/* "latest" is not there when every version is yanked. */
bool access_version(struct db *db, const char *const ref[3], const struct principal *who,
                    enum role needed, struct arena *arena, struct version **out, struct error *err)
    MUST_CHECK;
/* For reading, by whoever tells the yanked from the others: "latest" may be yanked too. */
bool access_version_gate(struct db *db, const char *const ref[3], const struct principal *who,
                         struct arena *arena, struct version **out, struct error *err) MUST_CHECK;
