/* Hides denied paths under mounts, in a mount namespace of one's own. */
#pragma once

#include "sandbox/policy/plan.h"

/*
 * Puts something nobody may open over each mask that is in a grant, or a read-only view of itself
 * when only writing is denied, and binds the folders above that could be renamed onto themselves.
 * After namespaces_enter, before Landlock. Returns 0 or an errno, ESTALE when a path is no longer
 * what the plan saw.
 */
int mounts_hide(const struct plan *plan);
