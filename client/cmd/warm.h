/*
 * The launcher lives for a millisecond, and half of what it does in it is to touch each page for
 * the first time. Asking the kernel for them together costs a tenth of as many page faults.
 */
#pragma once

/* How many bytes of the arenas' pool a start with a built-in profile uses, measured: a number that
 * assembly can read (client/start.c). */
#define WARM_POOL 57568

/* Before anything else, for commands that end in a start. Fails silently: older kernels bring the
 * pages one by one. */
void warm_up(void);
