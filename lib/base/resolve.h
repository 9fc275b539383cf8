/*
 * Opening a name that may have been prepared to lead elsewhere. openat2(2) where there is one.
 * Where the kernel does not know it (before 5.6, gVisor) or a container's filter refuses what it
 * does not know, the same guarantees by walking from folder to folder with openat(2), each by
 * descriptor and none through a link.
 */
#pragma once

#include <linux/openat2.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * flags and mode are those of open(2), O_CLOEXEC always among them. resolve is RESOLVE_NO_SYMLINKS
 * and any of RESOLVE_NO_MAGICLINKS, RESOLVE_BENEATH and RESOLVE_NO_XDEV; the last with O_TRUNC is a
 * programmer's error. Returns a descriptor, or -1 and errno: ELOOP for a link, EXDEV for what lies
 * outside, EAGAIN when a rename raced it, ENOSYS when the walk cannot tell mounts apart.
 */
int resolve_open(int dir, const char *path, int flags, mode_t mode, uint64_t resolve);

/* The walk by itself, which resolve_open takes when it must. It never says EAGAIN. */
int resolve_walk(int dir, const char *path, int flags, mode_t mode, uint64_t resolve);
