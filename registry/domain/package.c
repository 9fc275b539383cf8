#include "registry/domain/package.h"

#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/pack/ref.h"
#include "lib/pack/semver.h"
#include "registry/auth/audit.h"
#include "registry/db/db.h"

struct changing {
    const struct package *package;
    const struct package_change *change;
    const struct actor *actor;
};

static bool rows_refresh(struct db *db, int64_t package, struct error *err)
{
    return db_execute(db, QUERY(package_refresh, db_integer(package)), NULL, err);
}

/* Who acts may, and nothing else changes the package, until the transaction ends. In the order of a
 * publish, the account first: the other way round each would wait for the other. */
static bool package_hold(struct db *db, int64_t package, const char *namespace,
                         const struct actor *actor, struct error *err)
{
    return access_hold(db, namespace, actor->who, ROLE_MAINTAINER, err) &&
           db_execute(db, QUERY(package_lock, db_integer(package)), NULL, err);
}

static bool package_write(struct db *db, void *context, struct error *err)
{
    const struct changing *changing = context;
    const struct package *package = changing->package;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *detail = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, detail, "visibility", changing->change->visibility);
    doc_add_text(arena, detail, "description", changing->change->description);
    struct audit_event event = { changing->actor->who->login, "package.change",
                                 arena_printf(arena, "%s/%s", package->namespace, package->name),
                                 detail, changing->actor->ip };
    return package_hold(db, package->id, package->namespace, changing->actor, err) &&
           db_execute(db,
                      QUERY(package_set, db_integer(package->id),
                            db_text(changing->change->visibility),
                            db_text(changing->change->description)),
                      NULL, err) &&
           rows_refresh(db, package->id, err) && audit_add(db, &event, err);
}

static bool visibility_check(const char *visibility, struct error *err)
{
    for (size_t i = 0; visibility_names[i]; i++)
        if (strcmp(visibility_names[i], visibility) == 0)
            return true;
    error_set(err, INVALID, "no visibility is called \"%s\"", visibility);
    error_hint(err, "public or private");
    return error_field(err, "visibility");
}

bool package_change(struct registry *registry, const char *const ref[2],
                    const struct package_change *change, const struct actor *actor,
                    struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct package *package;
    if (!access_package(registry->db, ref, actor->who, ROLE_MAINTAINER, arena, &package, err))
        return false;
    if (change->visibility && !visibility_check(change->visibility, err))
        return false;
    if (change->description && !text_is_line(change->description, 0, LIMIT_DESCRIPTION_CHARS)) {
        error_set(err, INVALID, "a description is one line of at most %d characters",
                  LIMIT_DESCRIPTION_CHARS);
        return error_field(err, "description");
    }
    struct changing changing = { package, change, actor };
    return db_transact(registry->db, DB_READ_COMMITTED, package_write, &changing, err);
}

struct yanking {
    const struct version *version;
    const char *reason; /* NULL: take it back */
    const struct actor *actor;
};

static bool yank_write(struct db *db, void *context, struct error *err)
{
    const struct yanking *yanking = context;
    const struct version *version = yanking->version;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *detail = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, detail, "reason", yanking->reason);
    struct audit_event event = {
        yanking->actor->who->login, yanking->reason ? "version.yank" : "version.unyank",
        arena_printf(arena, "%s/%s@%s", version->namespace, version->name, version->version),
        detail, yanking->actor->ip
    };
    if (!package_hold(db, version->package_id, version->namespace, yanking->actor, err))
        return false;
    bool done = yanking->reason
                    ? db_execute(db,
                                 QUERY(version_yank, db_text(version->id),
                                       db_integer(yanking->actor->who->account_id),
                                       db_text(yanking->reason)),
                                 NULL, err)
                    : db_execute(db, QUERY(version_unyank, db_text(version->id)), NULL, err);
    return done && rows_refresh(db, version->package_id, err) && audit_add(db, &event, err);
}

bool version_yank(struct registry *registry, const char *const ref[3], const char *reason,
                  const struct actor *actor, struct arena *arena, struct version **out,
                  struct error *err)
{
    struct yanking yanking = { .reason = reason, .actor = actor };
    struct version *version;
    if (!access_version(registry->db, ref, actor->who, ROLE_MAINTAINER, arena, &version, err))
        return false;
    if (!text_is_line(reason, 1, YANK_REASON_MAX)) {
        error_set(err, INVALID, "a yank needs a reason, one line of at most %d characters",
                  YANK_REASON_MAX);
        error_hint(err, "people who have it installed are shown the reason");
        return error_field(err, "reason");
    }
    yanking.version = version;
    if (!db_transact(registry->db, DB_READ_COMMITTED, yank_write, &yanking, err))
        return false;
    *out = version;
    return true;
}

bool version_unyank(struct registry *registry, const char *const ref[3], const struct actor *actor,
                    struct arena *arena, struct version **out, struct error *err)
{
    struct yanking yanking = { .actor = actor };
    struct version *version;
    if (!access_version(registry->db, ref, actor->who, ROLE_MAINTAINER, arena, &version, err))
        return false;
    yanking.version = version;
    if (!db_transact(registry->db, DB_READ_COMMITTED, yank_write, &yanking, err))
        return false;
    *out = version;
    return true;
}

bool profile_name_check(const char *name, struct error *err)
{
    return pack_name_check(name, "profile", err) || error_field(err, "profile");
}

static const struct field package_status_fields[] = {
    U64(struct package_status, schema_version, REQUIRED),
    TEXT(struct package_status, latest, OPTIONAL),
    TEXT(struct package_status, installed_status, OPTIONAL),
    TEXT(struct package_status, yank_reason, OPTIONAL),
};
const struct record package_status_record =
    RECORD(struct package_status, "status", package_status_fields);

static const char *versions_compare(const char *installed, const char *latest)
{
    struct semver mine, newest;
    struct error ignored;
    if (!semver_parse(installed, &mine, &ignored) || !*latest ||
        !semver_parse(latest, &newest, &ignored))
        return "unknown";
    int order = semver_compare(&mine, &newest);
    return order == 0 ? "current" : order > 0 ? "ahead" : "outdated";
}

bool package_status(struct registry *registry, const char *const ref[2], const char *installed,
                    const struct principal *who, struct arena *arena, struct package_status *out,
                    struct error *err)
{
    struct package *package;
    struct version *version = NULL;
    if (!access_package(registry->db, ref, who, ROLE_NONE, arena, &package, err))
        return false;
    const char *const full[3] = { ref[0], ref[1], installed };
    if (installed && strcmp(installed, "latest") != 0 &&
        !version_find(registry->db, full, principal_viewer(who), arena, &version, err))
        return false;

    struct package_status status = { .schema_version = 1 };
    if (*package->latest_version)
        status.latest = package->latest_version;
    if (installed)
        status.installed_status = versions_compare(installed, package->latest_version);
    if (version && version->yanked) {
        status.installed_status = "yanked";
        status.yank_reason = version->yank_reason;
    }
    *out = status;
    return true;
}
