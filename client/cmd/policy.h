/* From options to a sandbox: what run, wrap and why have in common. */
#pragma once

#include "client/cmd/sandbox_options.h"
#include "client/profile/caps.h"
#include "sandbox/run/environment.h"

struct policy {
    struct arena *arena; /* what all below lives in */
    struct sandbox_options options;
    struct profile_env env;
    struct profile *profile;
    struct nono_caps *caps;
    struct caps_notes notes;
    const char *program; /* the file that will run, or NULL */
};

void policy_clear(struct policy *policy);

/*
 * Reads the options, finds and checks the profile (an installed pack's files against the lock file,
 * too), and makes the capability set. name is the program as typed and path its file; both NULL
 * when none will run. A profile that wants the working folder gets it when a person at the terminal
 * agrees; with a program and nobody to ask, it is refused.
 */
bool policy_load(const char *name, const char *path, struct policy *out, struct error *err)
    MUST_CHECK;

/* The environment of the program. entries: NAME=VALUE to set, NULL-terminated or NULL; values:
 * more, struct environment_value. */
const char **policy_environment(const struct policy *policy, const char *const *entries,
                                const struct list *values);

/* SHA-256 of what the policy says: the resolved profile and the consent given. In arena. */
const char *policy_digest(const struct policy *policy);
