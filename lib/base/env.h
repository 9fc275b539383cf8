/* Variables of this process. */
#pragma once

/*
 * As getenv(3), which a launcher of a millisecond asks too often for what musl's costs.
 * Thread-safe: nobody changes variables once there are threads.
 */
const char *env_get(const char *name);
