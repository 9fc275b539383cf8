/*
 * Pulling as the original's client does: a document, a bundle, and one request a file. For
 * registries that have no one-request download.
 */
#pragma once

#include "client/cmd/pkg/fetch.h"

/* Fills document, bundle, source and index; the archive is made here, from the files. */
bool fetch_original(struct session *session, const struct remote *remote, const char *version,
                    struct fetched *fetched, struct error *err) MUST_CHECK;
