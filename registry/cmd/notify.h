/* Word to the service manager (sd_notify(3)), when there is one. */
#pragma once

/* "READY=1", "STOPPING=1". Silent when NOTIFY_SOCKET is not set. */
void notify_manager(const char *state);
