/* Connection strings: what is wrong with one, and a connection by it. */
#include <string.h>

#include "registry/db/internal.h"

DEFINE_CLEANUP(PQconninfoOption *, PQconninfoFree)

/* libpq's own words quote the string, and with it the password. */
static bool url_fault(struct error *err)
{
    error_set(err, INVALID, "database_url: not a connection string of PostgreSQL");
    error_hint(err, "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, where @ : / ? # and %% in a "
                    "password are written %%40 %%3A %%2F %%3F %%23 %%25; or key=value ...");
    return error_field(err, "database_url");
}

/*
 * An '@' behind a '/' or another '@' is one of a password that should have been written %40: what
 * follows would be taken for a host or a database, and told in every failure.
 */
static bool address_is_plain(const char *url)
{
    const char *at = strstr(url, "://");
    if (!at || strcspn(url, " =") < (size_t)(at - url))
        return true; /* key=value */
    at += strlen("://");
    size_t len = strcspn(at, "?"), user = strcspn(at, "@/?");
    return !memchr(at, '@', len) ||
           (at[user] == '@' && !memchr(at + user + 1, '@', len - user - 1));
}

static bool option_is_plain(const PQconninfoOption *option)
{
    const char *value = option->val;
    if (!value)
        return true;
    if (strcmp(option->keyword, "port") == 0)
        return strspn(value, "0123456789,") == strlen(value);
    bool socket = *value == '/' || *value == '@';
    return strcmp(option->keyword, "host") != 0 || socket || !strchr(value, '@');
}

bool db_url_check(const char *url, struct error *err)
{
    char *message = NULL;
    CLEANUP(PQconninfoFreep) PQconninfoOption *options = PQconninfoParse(url, &message);
    PQfreemem(message);
    if (!options || !address_is_plain(url))
        return url_fault(err);
    for (const PQconninfoOption *option = options; option->keyword; option++)
        if (!option_is_plain(option))
            return url_fault(err);
    return true;
}

/*
 * What the string leaves open. Left to TCP, a host that is gone without a word is noticed after
 * minutes when something was sent to it, and after hours when not: here after half a minute. The
 * string comes last, so that what it says counts.
 */
PGconn *db_connect(const char *url)
{
    static const char *const names[] = {
        "fallback_application_name", "connect_timeout",  "tcp_user_timeout", "keepalives_idle",
        "keepalives_interval",       "keepalives_count", "dbname",           NULL,
    };
    const char *const values[] = { "nono-registry", "10", "30000", "15", "5", "3", url, NULL };
    return PQconnectdbParams(names, values, 1);
}
