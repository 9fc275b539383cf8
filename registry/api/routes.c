#include "registry/api/routes.h"

#include "lib/base/limits.h"
#include "registry/api/api.h"
#include "registry/http/room.h"

/* Paths that several rows share. */
#define PACKAGE "/packages/{ns}/{name}"
#define VERSION PACKAGE "/versions/{version}"
#define ORG     "/organisations/{ns}"
#define SMALL   (64 * KIB)
/* Files, bundle, and what a form adds around ten thousand of them. */
#define UPLOAD (LIMIT_PACK_UNPACKED_BYTES + LIMIT_BUNDLE_BYTES + 8 * MIB)
_Static_assert(UPLOAD <= ROOM_ACCOUNT_MAX, "the largest pack has to fit");

/* clang-format off */
const struct route registry_routes[] = {
    /* method  path                          who             scope      body            max     handler                   flags */
    { GET,    "/registry",                   ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      registry_show,            ROUTE_INLINE },
    { GET,    "/openapi.yaml",               ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      openapi_show,             ROUTE_INLINE },

    { GET,    "/packages",                   ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      packages_search,          0 },
    { GET,    "/packages/popular",           ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      packages_popular,         0 },
    { GET,    PACKAGE,                       ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      package_show,             0 },
    { PATCH,  PACKAGE,                       ACCESS_ACCOUNT, "yank",    BODY_JSON,      SMALL,  package_patch,            0 },
    { GET,    PACKAGE "/status",             ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      package_status_show,      0 },
    { GET,    PACKAGE "/versions",           ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      versions_list,            0 },
    { POST,   PACKAGE "/versions",           ACCESS_ACCOUNT, "publish", BODY_MULTIPART, UPLOAD, version_publish_post,     ROUTE_PUBLISHES },
    { GET,    VERSION,                       ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      version_show,             0 },
    { GET,    VERSION "/pull",               ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      pull_show,                0 },
    { GET,    VERSION "/artifacts/{path...}", ACCESS_ANYONE, NULL,      BODY_NONE,      0,      artifact_show,            0 },
    { GET,    VERSION "/bundle",             ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      bundle_show,              0 },
    { GET,    VERSION "/archive",            ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      archive_show,             0 },
    { GET,    VERSION "/download",           ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      download_show,            0 },
    { GET,    VERSION "/permissions",        ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      version_permissions_show, 0 },
    { GET,    VERSION "/readme",             ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      version_readme_show,      0 },
    { POST,   VERSION "/yank",               ACCESS_ACCOUNT, "yank",    BODY_JSON,      SMALL,  version_yank_post,        0 },
    { POST,   VERSION "/unyank",             ACCESS_ACCOUNT, "yank",    BODY_NONE,      0,      version_unyank_post,      0 },
    { GET,    "/blobs/{digest}",             ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      blob_show,                0 },
    { GET,    "/profiles/{profile}/providers", ACCESS_ANYONE, NULL,     BODY_NONE,      0,      providers_list,           0 },

    { POST,   "/auth/login",                 ACCESS_ANYONE,  NULL,      BODY_JSON,      SMALL,  session_login,            0 },
    { POST,   "/auth/logout",                ACCESS_ACCOUNT, NULL,      BODY_NONE,      0,      session_logout,           0 },
    { GET,    "/auth/whoami",                ACCESS_ACCOUNT, NULL,      BODY_NONE,      0,      session_whoami,           0 },
    { POST,   "/auth/password",              ACCESS_SESSION, NULL,      BODY_JSON,      SMALL,  session_password,         0 },
    { GET,    "/auth/tokens",                ACCESS_ACCOUNT, "account", BODY_NONE,      0,      tokens_list,              0 },
    { POST,   "/auth/tokens",                ACCESS_ACCOUNT, "account", BODY_JSON,      SMALL,  token_make_new,           0 },
    { DELETE, "/auth/tokens/{id}",           ACCESS_ACCOUNT, "account", BODY_NONE,      0,      token_delete,             0 },
    { POST,   "/auth/device/code",           ACCESS_ANYONE,  NULL,      BODY_FORM,      SMALL,  device_code_make,         ROUTE_SAME_SITE },
    { POST,   "/auth/device/token",          ACCESS_ANYONE,  NULL,      BODY_FORM,      SMALL,  device_token_poll,        0 },
    { GET,    "/auth/device/{user_code}",    ACCESS_SESSION, NULL,      BODY_NONE,      0,      device_request_show,      ROUTE_SAME_SITE | ROUTE_ASKED },
    { POST,   "/auth/device/{user_code}",    ACCESS_SESSION, NULL,      BODY_JSON,      SMALL,  device_request_decide,    ROUTE_SAME_SITE | ROUTE_ASKED },

    { POST,   "/organisations",              ACCESS_ACCOUNT, "org",     BODY_JSON,      SMALL,  organisation_create,      0 },
    { GET,    ORG,                           ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      organisation_show,        0 },
    { GET,    ORG "/packages",               ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      organisation_packages,    0 },
    { GET,    ORG "/members",                ACCESS_ACCOUNT, "org",     BODY_NONE,      0,      members_list,             0 },
    { GET,    ORG "/members/{login}",        ACCESS_ACCOUNT, "org",     BODY_NONE,      0,      member_show,              0 },
    { PUT,    ORG "/members/{login}",        ACCESS_ACCOUNT, "org",     BODY_JSON,      SMALL,  member_put,               0 },
    { DELETE, ORG "/members/{login}",        ACCESS_ACCOUNT, "org",     BODY_NONE,      0,      member_delete,            0 },
    { GET,    ORG "/keys",                   ACCESS_ANYONE,  NULL,      BODY_NONE,      0,      keys_list,                0 },
    { POST,   ORG "/keys",                   ACCESS_ACCOUNT, "org",     BODY_JSON,      2 * LIMIT_KEY_BYTES, key_create,  0 },
    { DELETE, ORG "/keys/{key_id}",          ACCESS_ACCOUNT, "org",     BODY_NONE,      0,      key_delete,               0 },

    { GET,    "/accounts",                   ACCESS_ADMIN,   "account", BODY_NONE,      0,      accounts_list,            0 },
    { POST,   "/accounts",                   ACCESS_ADMIN,   "account", BODY_JSON,      SMALL,  account_create,           0 },
    { GET,    "/audit",                      ACCESS_ADMIN,   "account", BODY_NONE,      0,      audit_list_show,          0 },
};
/* clang-format on */

const size_t registry_routes_count = COUNT(registry_routes);
