#include "registry/db/organisation.h"

#include "registry/db/db.h"
#include "registry/db/id.h"

const char *const role_names[] = { "", "reader", "publisher", "maintainer", "owner", NULL };

static const struct field organisation_fields[] = {
    I64(struct organisation, id, REQUIRED),
    TEXT(struct organisation, name, REQUIRED),
    ENUM(struct organisation, role, role_names, REQUIRED),
};
const struct record organisation_record =
    RECORD(struct organisation, "organisation", organisation_fields);

static const struct field signing_key_fields[] = {
    TEXT(struct signing_key, key_id, REQUIRED),
    TEXT(struct signing_key, name, REQUIRED),
    TEXT(struct signing_key, public_key, REQUIRED),
    BOOL(struct signing_key, revoked, REQUIRED),
};
const struct record signing_key_record =
    RECORD(struct signing_key, "signing key", signing_key_fields);

bool organisation_find(struct db *db, const char *name, int64_t account_id, struct arena *arena,
                       struct organisation **out, struct error *err)
{
    return db_fetch(db, QUERY(organisation_find, db_text(name), db_id(account_id)),
                    &organisation_record, arena, (void **)out, err);
}
