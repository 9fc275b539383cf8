#include "registry/auth/limit.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/record.h"
#include "registry/db/db.h"

#define KEY_MAX 160

struct taken {
    int64_t used, wait_s;
};

static const struct field taken_fields[] = {
    I64(struct taken, used, REQUIRED),
    I64(struct taken, wait_s, REQUIRED),
};
static const struct record taken_record = RECORD(struct taken, "taken", taken_fields);

/* Longer ones share what they begin with: a limit may be too strict, never absent. */
static void key_print(const struct limit *limit, const char *who, char out[KEY_MAX])
{
    (void)snprintf(out, KEY_MAX, "%s:%.120s", limit->name, who);
}

void limit_address(const char *ip, char out[LIMIT_ADDRESS_TEXT])
{
    struct in6_addr address;
    char network[INET6_ADDRSTRLEN];
    (void)snprintf(out, LIMIT_ADDRESS_TEXT, "%.60s", ip);
    if (inet_pton(AF_INET6, ip, &address) != 1)
        return;
    bool v4 = IN6_IS_ADDR_V4MAPPED(&address); /* whose /64 would be all of IPv4 */
    if (!v4)
        memset(address.s6_addr + 8, 0, 8);
    if (inet_ntop(v4 ? AF_INET : AF_INET6, address.s6_addr + (v4 ? 12 : 0), network,
                  sizeof(network)))
        (void)snprintf(out, LIMIT_ADDRESS_TEXT, v4 ? "%s" : "%s/64", network);
}

bool limit_take(struct db *db, const struct limit *limit, const char *who, int64_t *out_wait_s,
                struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char key[KEY_MAX];
    struct taken *taken;
    key_print(limit, who, key);
    if (!db_fetch(db, QUERY(rate_take, db_text(key), db_integer(limit->window_s)), &taken_record,
                  arena, (void **)&taken, err))
        return false;
    if (!taken || taken->used <= limit->most)
        return true;
    if (out_wait_s)
        *out_wait_s = taken->wait_s;
    error_set(err, RATE_LIMITED, "too many attempts: %s", limit->name);
    err->retry_s = (unsigned)taken->wait_s;
    return error_hint(err, "try again in %" PRId64 " seconds", taken->wait_s);
}

bool limit_return(struct db *db, const struct limit *limit, const char *who, struct error *err)
{
    char key[KEY_MAX];
    key_print(limit, who, key);
    return db_execute(db, QUERY(rate_return, db_text(key)), NULL, err);
}

bool limit_forget(struct db *db, const struct limit *limit, const char *who, struct error *err)
{
    char key[KEY_MAX];
    key_print(limit, who, key);
    return db_execute(db, QUERY(rate_forget, db_text(key)), NULL, err);
}
