/* Organisations: making them, their members and their signing keys. Each act is audited. */
#pragma once

#include "registry/domain/access.h"
#include "registry/domain/registry.h"

struct organisation_request {
    const char *name;
    const char *display_name;    /* NULL: the name */
    const struct account *owner; /* NULL: who makes it; for the operator, who is nobody */
};

/* CONFLICT for a name that is taken or an owner who is disabled, INVALID for a reserved name. */
bool organisation_make(struct registry *registry, const struct organisation_request *request,
                       const struct actor *actor, struct error *err) MUST_CHECK;

/* Gives a role; an organisation keeps at least one owner, and nobody who is disabled becomes one
 * (CONFLICT). */
struct member_request {
    const char *organisation, *login;
    enum role role; /* ROLE_NONE removes; everyone may remove themselves */
};
bool member_set(struct registry *registry, const struct member_request *request,
                const struct actor *actor, struct error *err) MUST_CHECK;

struct key_request {
    const char *organisation;
    const char *name;
    const char *public_key; /* PEM, or bare base64 of the SPKI */
};
/* Of one organisation: that sign, and that ever did, for a key that is revoked stays. Lists of them
 * are whole, and a publish reads them all. */
#define KEYS_SIGNING_MAX 100
#define KEYS_EVER_MAX    1000
/* *document describes the key. CONFLICT when it is registered already, revoked or not, and when
 * there are as many as may be. */
bool key_add(struct registry *registry, const struct key_request *request,
             const struct actor *actor, struct arena *arena, const char **document,
             struct error *err) MUST_CHECK;
/* What it signed stays; nothing new is accepted. */
bool key_revoke(struct registry *registry, const char *organisation, const char *key_id,
                const struct actor *actor, struct error *err) MUST_CHECK;
