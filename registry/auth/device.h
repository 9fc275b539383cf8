/*
 * Device login (RFC 8628): a program without a browser shows a short code, a person who is signed
 * in approves it in a browser, and the program receives a token, once.
 */
#pragma once

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"
#include "registry/auth/principal.h"
#include "registry/auth/token.h"

struct db;

#define DEVICE_LIFE_S       900
#define DEVICE_INTERVAL_S   5
#define DEVICE_TOKEN_LIFE_S 7776000 /* 90 days */
#define DEVICE_CODE_TEXT    65      /* 256 bits in hex, and a NUL */
#define DEVICE_USER_TEXT    10      /* "BCDF-GHJK" and a NUL */

struct device_codes {
    char device_code[DEVICE_CODE_TEXT];
    char user_code[DEVICE_USER_TEXT];
};

struct device_request {
    const char *client; /* what the person is shown: "nono on host" */
    unsigned scopes;
    const char *ip;
};

bool device_start(struct db *db, const struct device_request *request, struct arena *arena,
                  struct device_codes *out, struct error *err) MUST_CHECK;

enum device_state {
    DEVICE_PENDING,
    DEVICE_EARLY, /* polled too fast: the interval has grown by five seconds */
    DEVICE_DENIED,
    DEVICE_EXPIRED, /* or unknown, or redeemed before */
    DEVICE_APPROVED,
};

struct device_grant {
    enum device_state state;
    char token[TOKEN_TEXT]; /* when approved; wipe when it was sent */
    const char *scopes;     /* parted by spaces */
};

bool device_poll(struct db *db, const char *device_code, const char *ip, struct arena *arena,
                 struct device_grant *out, struct error *err) MUST_CHECK;

/*
 * What asks behind a user code, as a document; in any case and with or without its dash. NOT_FOUND
 * when there is nothing to decide. Tries are limited for each account, since the code is short.
 */
bool device_show(struct db *db, const struct principal *who, const char *user_code,
                 struct arena *arena, const char **document, struct error *err) MUST_CHECK;

/* Tries to guess another's code count against the account, as in device_show. */
struct device_decision {
    const char *user_code;
    bool approve;
    const char *ip;
};
bool device_decide(struct db *db, const struct principal *who,
                   const struct device_decision *decision, struct arena *arena, struct error *err)
    MUST_CHECK;
