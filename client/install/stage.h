/* Laying a pack out as it will be installed (for install.c alone). */
#pragma once

#include "client/install/install.h"

/* The files of a pack that its wiring reads, in memory. */
bool stage_sources(const struct install_pack *pack, struct arena *arena, struct wiring_source **out,
                   size_t *out_count, struct error *err) MUST_CHECK;

/* Writes packages/.staging/<ns>/<tmp>/<name>, durably. *out_path is that path. */
bool stage_pack(int packages, const struct install_pack *pack, struct arena *arena,
                const char **out_path, struct error *err) MUST_CHECK;
