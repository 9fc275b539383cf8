/* Between the files of nono-registry admin. */
#pragma once

#include "registry/cmd/commands.h"
#include "registry/cmd/store.h"
#include "registry/db/account.h"

/* A command over the store of a registry that is there, with so many operands. */
typedef bool admin_work(struct store *store, const char **operands, struct error *err);
bool admin_run(const char **operands, size_t count, admin_work *work, struct error *err) MUST_CHECK;

#define ADMIN_RUN(name, count, work)                                        \
    static bool name(const char **operands, int *status, struct error *err) \
    {                                                                       \
        (void)status;                                                       \
        return admin_run(operands, count, work, err);                       \
    }

/* NOT_FOUND when there is none. */
bool admin_account(struct store *store, const char *login, struct account **out, struct error *err)
    MUST_CHECK;
