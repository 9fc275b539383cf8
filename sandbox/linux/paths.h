/* struct path_ops over the running system. */
#pragma once

#include "sandbox/policy/paths.h"

extern const struct path_ops linux_path_ops;
