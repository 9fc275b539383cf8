/*
 * A resolved profile made a capability set: what the runtime is told. Nothing of a profile is
 * dropped here: what the runtime cannot hold is a failure that names it.
 */
#pragma once

#include "lib/profile/profile.h"
#include "sandbox/policy/caps.h"

struct caps_options {
    const char *workdir; /* absolute */
    bool allow_workdir;  /* consent to what the profile asks for it, reading at least */
    /* Files that run whatever the profile lists: the program and its interpreters. NULL-terminated,
     * or NULL. */
    const char *const *programs;
};

/* What of a profile is held by something else than the set, or only in part. */
struct caps_notes {
    unsigned workdir_wanted; /* NONO_READ and NONO_WRITE: the profile asks for the working folder,
                                and there was no consent */
};

/*
 * UNSUPPORTED for what no part of the runtime can hold yet; INVALID for a malformed host.
 */
bool caps_of_profile(const struct profile *profile, const struct caps_options *options,
                     struct nono_caps **out, struct caps_notes *notes, struct error *err)
    MUST_CHECK;
