#include "registry/cmd/admin.h"

static bool operands_count(const char **operands, size_t wanted, struct error *err)
{
    size_t count = 0;
    while (operands[count])
        count++;
    return count == wanted || error_set(err, INVALID, "expected %zu argument%s, see --help", wanted,
                                        wanted == 1 ? "" : "s");
}

bool admin_run(const char **operands, size_t count, admin_work *work, struct error *err)
{
    struct store store;
    if (!operands_count(operands, count, err))
        return false;
    bool ok = store_configure(&store, opt_config, err) &&
              store_open(&store, STORE_CHECK, STORE_EXISTING, err) && work(&store, operands, err);
    store_close(&store);
    return ok;
}

bool admin_account(struct store *store, const char *login, struct account **out, struct error *err)
{
    return account_find(store->registry.db, login, store->arena, out, err) &&
           (*out || error_set(err, NOT_FOUND, "there is no user %.64s", login));
}
