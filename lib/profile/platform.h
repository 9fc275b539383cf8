/*
 * The platform that `when` conditions are asked of.
 *
 * A condition is [!]os[:id[:version[:variant]]]: os is linux, macos or windows; on Linux id is
 * os-release's ID, or NAME-like for an ID or ID_LIKE of that name; version is a dotted number with
 * = == >= <= > < before it (none: equal); variant is VARIANT_ID. On macOS and Windows the version
 * follows the os. Or it is [!]program:name, and a program of that name is on the PATH. What is
 * unknown does not hold; what is not of this shape is refused.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"

struct profile_platform {
    const char *os; /* "linux", "macos", "windows" */
    /* Each may be NULL. os-release(5)'s ID, VERSION_ID, VARIANT_ID, ID_LIKE. */
    const char *id, *version, *variant, *id_like;
    const char *path; /* the PATH, or NULL */
    /* Not NULL: os-release is read into this, once, by the first condition that asks for it. */
    struct profile_release *later;
};

/* Reads the text of /etc/os-release. Lines that are not NAME=value are passed over. */
void profile_platform_parse(const char *os_release, struct arena *arena,
                            struct profile_platform *out);
/* This machine's; without os-release only os is known. Few profiles ask for more: that is looked up
 * when one does, into the arena, so that conditions are not for several threads at once. */
void profile_platform_detect(struct arena *arena, struct profile_platform *out);

/* Whether one condition holds. platform NULL: only its shape is checked, and it holds. */
bool profile_when_holds(const char *condition, const struct profile_platform *platform, bool *out,
                        struct error *err) MUST_CHECK;
/* A document's `when`: text, or a list of which any may hold. NULL holds. Faults name its place. */
bool profile_when_doc(const struct doc *when, const struct profile_platform *platform, bool *out,
                      struct error *err) MUST_CHECK;
