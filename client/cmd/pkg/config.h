/*
 * Which registry: config.toml, which is the user's, and registries.json, which `nono auth login`
 * keeps. docs/packs.md describes both.
 *
 *     registry = "https://registry.example.org"
 *     wiring_folders = ["~/.my-agent"]
 *     [namespaces]
 *     acme = "https://packs.acme.example"
 */
#pragma once

#include "client/store/folders.h"
#include "lib/base/record.h"

#define REGISTRY_PUBLIC "https://registry.nono.sh"

struct registry_login {
    const char *url;
    const char *login; /* the account's name, or NULL */
    const char *where; /* "keyring", "file" */
};

struct config {
    const char *registry;         /* of config.toml, or NULL */
    const struct doc *namespaces; /* of config.toml, or NULL: a table of URLs */
    const char *const *extra;     /* wiring_folders, absolute, NULL-terminated; or NULL */
    const char *default_registry; /* the one that was logged in to first, or NULL */
    struct list logins;           /* of struct registry_login */
};

bool config_load(const struct folders *folders, struct arena *arena, struct config *out,
                 struct error *err) MUST_CHECK;

/* The registry of a namespace (NULL: none in particular), by what is most particular:
 * --registry, NONO_REGISTRY, config.toml's namespaces, config.toml's registry, the first login, the
 * public one. */
const char *config_registry(const struct config *config, const char *option, const char *namespace);
/* False when that is the public one for want of another. */
bool config_is_chosen(const struct config *config, const char *option, const char *namespace);

/* An address as people write it ("registry.example.org", with "/api/v1" behind it or without) as a
 * base, which is without it: https, and http to this machine. */
bool config_base(const char *url, bool allow_plain, struct arena *arena, const char **out,
                 struct error *err) MUST_CHECK;

/* Whether a base is what would be asked for a namespace if no option named one. */
bool config_is_default(const struct config *config, const char *base, const char *namespace);

/* Remembers, or with login NULL forgets, that there is a token for a registry. */
bool config_login_set(const struct folders *folders, const struct config *config, const char *url,
                      const struct registry_login *login, struct error *err) MUST_CHECK;
