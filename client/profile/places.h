/* The inside of client/profile: the places that profiles are looked for in. */
#pragma once

#include "client/profile/profiles.h"
#include "client/store/folders.h"
#include "client/store/store.h"

struct places {
    struct folders folders;
};

/* A new entry of a list of struct profiles_entry. */
struct profiles_entry *profiles_entry_add(struct arena *arena, struct list *list);
/* A bare name: letters, digits and ._- after a letter or digit. */
bool places_name_is_valid(const char *name);
/* Every name that an installed pack gives a profile. Adds struct profiles_entry. */
bool places_pack_list(const struct places *places, struct arena *arena, struct list *out,
                      struct error *err) MUST_CHECK;
