/* What a child leaves behind before it runs a program. Only system calls; 0 or an errno. */
#pragma once

#include <stdbool.h>

/* Every capability, for good: root included. */
int privileges_drop(void);
/* No core files. */
int limits_set(void);
