/*
 * Where `nono` finds profiles: the user's folder, installed packs, what is built in.
 *
 * A bare name that the user asks for is looked for in $NONO_CONFIG/profiles (NAME.toml, .yaml,
 * .yml, .jsonc, .json), then among the profiles of installed packs (install_as and aliases), then
 * among the built-in ones. As a base of the user's own profiles a built-in one goes before packs;
 * in a pack's document a bare name is that pack's or built in. What two packs have must be asked
 * for by its pack. "ns/name" is an installed pack; a text with '/' and a profile's ending is a
 * file. $NONO_CONFIG is $XDG_CONFIG_HOME/nono, by default ~/.config/nono.
 */
#pragma once

#include "lib/profile/profile.h"

/* The environment of this process, user and machine. What out points to lives in arena. */
bool profiles_env(const char *workdir, struct arena *arena, struct profile_env *out,
                  struct error *err) MUST_CHECK;

enum profiles_place { PROFILES_USER, PROFILES_PACK, PROFILES_BUILTIN };

struct profiles_entry {
    const char *name;
    enum profiles_place place;
    const char *file; /* or "built-in" */
    const char *pack; /* "ns/name", or NULL */
    bool hidden;      /* one of that name in an earlier place is found instead, or none: */
    bool shared;      /* two packs have one, so that the bare name is refused */
};

/* All there are, by name. struct profiles_entry. */
bool profiles_list(const struct profile_env *env, struct arena *arena, struct list *out,
                   struct error *err) MUST_CHECK;

/* The user's own alone: what is in their folder, in no order. struct profiles_entry. */
bool profiles_user_list(const struct profile_env *env, struct arena *arena, struct list *out,
                        struct error *err) MUST_CHECK;

/*
 * The profile that `nono run -- PROGRAM` takes when none is named: what `profile use` chose for
 * the last component of program. *out is NULL when nothing was chosen.
 */
bool profiles_default_find(const struct profile_env *env, const char *program, struct arena *arena,
                           const char **out, struct error *err) MUST_CHECK;
/* Chooses; name NULL takes the choice back. Durable. */
bool profiles_default_set(const struct profile_env *env, const char *program, const char *name,
                          struct error *err) MUST_CHECK;
/* Every choice made. struct profile_variable: program and profile. */
bool profiles_default_list(const struct profile_env *env, struct arena *arena, struct list *out,
                           struct error *err) MUST_CHECK;
