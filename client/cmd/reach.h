/*
 * What a program under a policy may read and write, by where it really is: asked before the plan is
 * made (sandbox/policy/plan.h), of what a former run may have left.
 */
#pragma once

#include "client/cmd/policy.h"
#include "sandbox/policy/paths.h"

/* The trees that are granted: struct reach_tree, in the policy's arena. */
struct list reach_of(const struct policy *policy);

/* Whether a canonical path is in a tree with this access: PROFILE_READ, PROFILE_WRITE. */
bool reach_has(const struct list *reach, const char *path, unsigned access);

/* Whether the program may write what a name leads to, or lead that elsewhere. */
bool reach_may_write(const struct list *reach, const struct path_found *found);

/* The folder of a link that the program may have made and by which a name leads out of what it may
 * write; NULL: none. Links that people keep elsewhere are their own business. */
const char *reach_led_out_of(const struct list *reach, const struct path_found *found);
