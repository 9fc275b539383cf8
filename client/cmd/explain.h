/* A sandbox in words, on stderr: what is granted, what holds it, what is not held. */
#pragma once

#include <stdio.h>

#include "client/cmd/policy.h"
#include "sandbox/platform/confine.h"
#include "sandbox/policy/query.h"

/* Every grant and deny, the network, and the mechanisms. */
void explain_confinement(const struct policy *policy, const struct confinement *confinement,
                         FILE *stream);
/* What a user should know even when not asking: weaknesses of an old kernel, ignored consent. */
/* A denied pattern that reaches into a granted tree and, unless path is NULL, matches it: such a
 * pattern holds for what is there when the run starts. NULL: there is none. */
const char *explain_pattern(const struct policy *policy, const struct confinement *confinement,
                            const char *path);

/* The path for --bypass-protection that lifts a mask of the plan; NULL when it is not a group's. */
const char *explain_bypass(const struct policy *policy, const char *path, const char *source);

/* confine_report, and what of the profile it cannot know. */
void explain_report(const struct policy *policy, const struct confinement *confinement,
                    struct confine_report *out);

void explain_shortfalls(const struct policy *policy, const struct confinement *confinement);

/* Why a path was refused, and what would help. */
struct explain_denial {
    const char *details;
    const char *flag;        /* that would allow it, or NULL */
    const char *flag_beside; /* what else that takes, in words; "" for nothing */
};
void explain_denied(const struct policy *policy, const struct query_result *result,
                    const char *path, unsigned access, struct explain_denial *out);

/*
 * What the kernel has to run to run a file (a script's interpreter, a program's loader), and what
 * runs that: the first of them that the sandbox refuses, with *out as of query_path; NULL when none
 * is refused, or one is not there.
 */
const char *explain_interpreter(const struct policy *policy, const struct confinement *confinement,
                                const char *path, struct query_result *out);

/* A program that the sandbox did not let start: what is missing, or how to ask. Always false. */
bool explain_refused_program(const struct policy *policy, const struct confinement *confinement,
                             struct error *err);

/* "read", "write", "read+write", "read+execute", ... */
const char *explain_access(unsigned access, struct arena *arena);
