/* What SIGHUP does: settings that can change while the registry serves are read anew. */
#pragma once

#include "registry/http/tls.h"

/*
 * The TLS certificate and key, and log_level: all of them or, with the reason in the log, none. tls
 * is what the listener shows, NULL when it speaks plain HTTP. The service manager is told.
 */
void reload(const char *config_path, struct tls *tls);
