/*
 * Whether what the database says and what the blob store holds agree: every version's blobs exist
 * and hash right, its bundle signs its archive with a key of its organisation, all that its rows
 * say of either (signer, manifest, permissions, README, files, order) is what a publish of the two
 * would write, rows fit each other, the audit chain holds, and which blobs nobody refers to. Reads
 * only; may run beside a serving registry.
 */
#pragma once

#include "lib/base/error.h"
#include "lib/base/record.h"
#include "registry/domain/registry.h"

enum fsck_severity {
    FSCK_FAULT,  /* something is lost or wrong */
    FSCK_ORPHAN, /* a blob of no version: what an interrupted publish leaves; the collector's */
};

struct fsck_finding {
    enum fsck_severity severity;
    const char *subject; /* "ns/name@version", a digest, "audit" */
    const char *text;
};

struct fsck_report {
    uint64_t versions, blobs, orphans, audit_events, faults;
    uint64_t damaged; /* blobs that are lost or have other bytes: each is a fault too */
};

/* Called for each finding as it is found; its text lives for the call. */
typedef void fsck_tell(void *context, const struct fsck_finding *finding);

/* Fails only when it could not look. */
bool fsck_run(struct registry *registry, fsck_tell *tell, void *context, struct fsck_report *out,
              struct error *err) MUST_CHECK;

/* Whether a blob is referred to, for the collector (blob_wanted). context is a struct registry *.
 */
bool fsck_blob_wanted(void *context, const char *digest, bool *out, struct error *err) MUST_CHECK;
