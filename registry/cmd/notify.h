/* Word to the service manager (sd_notify(3)), when there is one. */
#pragma once

/* "READY=1", "STOPPING=1", "WATCHDOG=1". Silent when NOTIFY_SOCKET is not set. */
void notify_manager(const char *state);

/* How often it wants to hear WATCHDOG=1 at least, halved (sd_watchdog_enabled(3)); -1: never. */
int notify_watchdog_ms(void);
