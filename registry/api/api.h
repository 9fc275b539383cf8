/* What the endpoint groups share. Each group is one file; routes.c names its handlers. */
#pragma once

#include "registry/api/routes.h"
#include "registry/auth/principal.h"
#include "registry/db/db.h"
#include "registry/db/id.h"
#include "registry/domain/access.h"
#include "registry/domain/registry.h"

/* about.c */
route_handler registry_show, openapi_show;
/* session.c */
route_handler session_login, session_logout, session_whoami, session_password;
/* token.c */
route_handler tokens_list, token_make_new, token_delete;
/* device.c */
route_handler device_code_make, device_token_poll, device_request_show, device_request_decide;
/* organisation.c */
route_handler organisation_show, organisation_create, organisation_packages;
/* member.c */
route_handler members_list, member_show, member_put, member_delete;
/* key.c */
route_handler keys_list, key_create, key_delete;
/* package.c */
route_handler packages_search, packages_popular, package_show, package_patch, package_status_show,
    providers_list;
/* version.c */
route_handler versions_list, version_show, version_permissions_show, version_readme_show,
    version_yank_post, version_unyank_post;
/* pull.c */
route_handler pull_show, artifact_show, bundle_show, archive_show, download_show;
/* blob.c */
route_handler blob_show;
/* publish.c */
route_handler version_publish_post;
/* admin.c */
route_handler accounts_list, account_create, audit_list_show;

#define API_LIMIT_MIN     1
#define API_LIMIT_MAX     100
#define API_LIMIT_DEFAULT 20

/* ?limit= within the bounds above. */
bool api_limit(const struct request *req, int64_t *out, struct error *err) MUST_CHECK;
/* ?cursor=: numbers with dots between them, count of them; *out is NULL when absent. */
bool api_cursor(const struct request *req, size_t count, const char **out, struct error *err)
    MUST_CHECK;

/* The account and address that act. */
struct actor api_actor(const struct request *req);

/*
 * How long a document about a pack may be kept: public ones under the pack's tag, private ones by
 * nobody but who asked.
 */
void api_keep(struct response *res, const struct request *req, const char *namespace,
              const char *name, bool public);
/* The same for lists: what nobody in particular asked for is kept under API_TAG_LISTS. */
void api_keep_list(struct response *res, const struct request *req);
/* The change that this response reports made a pack's documents stale. */
void api_drop(struct response *res, const struct request *req, const char *namespace,
              const char *name);

/* A document that one statement shapes, or NOT_FOUND. */
bool api_document(struct registry *registry, const struct request *req, struct query query,
                  struct response *res, struct error *err) MUST_CHECK;

/* Overwrites a secret that was read from a request. */
void api_wipe(const char *secret);
