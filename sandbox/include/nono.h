/*
 * libnono: confine this process to what it names, for good.
 *
 * A capability set begins empty: no file, no network, no signal to others. Callers add what a
 * program needs, may ask what the set would allow and why, and apply it. Nothing is allowed by
 * default and no policy is built in.
 *
 *     struct nono_caps *caps = nono_caps_new();
 *     nono_caps_allow_read(caps, "/usr", 0, NULL);
 *     nono_caps_allow_exec(caps, "/usr", 0, NULL);
 *     if (nono_sandbox_apply(caps, 0, NULL, &err) != NONO_OK) ...
 *
 * Failure is a negative enum nono_code; err, when not NULL, then holds the reason as one line. The
 * library never prints, never ends the process and keeps no global state. Memory that runs out is
 * NONO_SYSTEM with ENOMEM. Text is copied; paths are bytes, absolute or relative to the working
 * folder of the moment.
 *
 * Threads: a set belongs to one thread at a time; different sets are independent. Queries on a set
 * that nobody changes may run side by side. nono_sandbox_apply needs a process with one thread,
 * because the kernel confines threads one by one (landlock(7)).
 *
 * The ABI is stable: functions and constants are only added, and structs that callers allocate
 * carry their size.
 */
#ifndef NONO_H
#define NONO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define NONO_API_VERSION 1

#if defined(__GNUC__)
#define NONO_API __attribute__((visibility("default")))
#else
#define NONO_API
#endif

struct nono_caps;

enum nono_code {
    NONO_OK = 0,
    NONO_INVALID = -1,     /* an argument, or a set that contradicts itself */
    NONO_NOT_FOUND = -2,   /* a path that must exist does not */
    NONO_UNSUPPORTED = -3, /* this kernel cannot hold what was asked */
    NONO_SYSTEM = -4,      /* a system call failed: see sys */
    NONO_UNSAFE = -5,      /* a grant leads, by a link, out of a tree that the program may write */
};

struct nono_error {
    int code; /* enum nono_code */
    int sys;  /* errno behind it, or 0 */
    char message[512];
};

/* What may be done with a path. Bits. */
#define NONO_READ    1u /* open to read, list folders */
#define NONO_WRITE   2u /* open to write, truncate, create, remove, rename below a folder */
#define NONO_EXECUTE 4u /* execve(2); scripts and ELF files need NONO_READ too */
#define NONO_DEVICE  8u /* ioctl(2) on a device */
#define NONO_ALL     15u

/* How a path is taken. Bits. */
#define NONO_OPTIONAL 1u /* nothing there: passed over, not a failure */
#define NONO_FILE     2u /* one file, not a folder */

/* "0.1.0" of the library that is running. */
NONO_API const char *nono_version(void);

/* An empty set, or NULL without memory. */
NONO_API struct nono_caps *nono_caps_new(void);
NONO_API void nono_caps_free(struct nono_caps *caps);

/*
 * Grants. A folder's grant holds for all below it. Paths are looked at when the set is queried or
 * applied, not before; a missing one then fails unless NONO_OPTIONAL is given.
 */
NONO_API int nono_caps_allow(struct nono_caps *caps, const char *path, unsigned access,
                             unsigned flags, struct nono_error *err);
NONO_API int nono_caps_allow_read(struct nono_caps *caps, const char *path, unsigned flags,
                                  struct nono_error *err);
NONO_API int nono_caps_allow_write(struct nono_caps *caps, const char *path, unsigned flags,
                                   struct nono_error *err);
NONO_API int nono_caps_allow_exec(struct nono_caps *caps, const char *path, unsigned flags,
                                  struct nono_error *err);

/*
 * Takes access away from a path and all below it, whatever is granted above or below. Held by a
 * mount namespace where there is one, else by granting what stands beside the path. Without
 * NONO_READ there is nothing left of a path: denying that denies all.
 */
NONO_API int nono_caps_deny(struct nono_caps *caps, const char *path, unsigned access,
                            struct nono_error *err);

enum nono_network {
    NONO_NETWORK_BLOCKED = 0, /* no sockets but socketpair(2), and none that is there already
                               * connects, listens or accepts: how a set begins */
    NONO_NETWORK_OPEN = 1,    /* not filtered */
    NONO_NETWORK_PROXY = 2,   /* named hosts, through a proxy outside: nono run has one */
};

NONO_API int nono_caps_set_network(struct nono_caps *caps, enum nono_network mode,
                                   struct nono_error *err);
/* "example.org", "*.example.org" (below it, not itself), "example.org:8443"; "*" is any. */
NONO_API int nono_caps_allow_host(struct nono_caps *caps, const char *host, struct nono_error *err);
NONO_API int nono_caps_deny_host(struct nono_caps *caps, const char *host, struct nono_error *err);

/* Lets a scope through that is closed at first. */
enum nono_scope {
    NONO_SCOPE_SIGNAL = 0,          /* signals to processes outside */
    NONO_SCOPE_ABSTRACT_SOCKET = 1, /* abstract Unix sockets of processes outside */
};
NONO_API int nono_caps_allow_scope(struct nono_caps *caps, enum nono_scope scope,
                                   struct nono_error *err);

/* Why a query ends as it does. Numbers are stable. */
enum nono_reason {
    NONO_REASON_GRANTED_PATH = 0,
    NONO_REASON_GRANTED_PATH_UNION = 1, /* several grants together */
    NONO_REASON_PATH_NOT_GRANTED = 2,
    NONO_REASON_INSUFFICIENT_ACCESS = 3, /* granted, but not for this */
    NONO_REASON_FILESYSTEM_DENY = 4,
    NONO_REASON_NETWORK_ALLOWED = 5,
    NONO_REASON_NETWORK_BLOCKED = 6,
    NONO_REASON_PROXY_ALLOWED = 7,
    NONO_REASON_PROXY_FILTERED = 8,
    NONO_REASON_SCOPE_OPEN = 9,
    NONO_REASON_SCOPE_ENFORCED = 10,
};

struct nono_result {
    size_t size; /* sizeof(struct nono_result), set by the caller */
    int allowed;
    int reason;       /* enum nono_reason */
    unsigned granted; /* the access that the set gives to the path */
    char path[4096];  /* the grant or deny that decided, or "" */
};

/* "granted_path", ...: the names that `nono why --json` prints. */
NONO_API const char *nono_reason_name(int reason);

/*
 * Whether a program under this set could use the path in all the ways of access. Looks at the file
 * system: links are followed, and a path that is not there is judged as one to be made.
 */
NONO_API int nono_query_path(const struct nono_caps *caps, const char *path, unsigned access,
                             struct nono_result *out, struct nono_error *err);
/* port 0: the ports of web clients. */
NONO_API int nono_query_host(const struct nono_caps *caps, const char *host, unsigned port,
                             struct nono_result *out, struct nono_error *err);

struct nono_support {
    size_t size;      /* sizeof(struct nono_support), set by the caller */
    int landlock_abi; /* 0: none, and nothing can be applied */
    unsigned landlock_errata;
    int user_namespaces, mount_namespaces, network_namespaces;
    int seccomp_notify;
    int cgroup_delegated;
};
NONO_API int nono_support(struct nono_support *out, struct nono_error *err);

/* What an applied set rests on. Bits. */
#define NONO_HELD_FILES        1u  /* Landlock, every right of the kernel */
#define NONO_HELD_NETWORK      2u  /* closed, by seccomp and by Landlock where it can */
#define NONO_HELD_SIGNALS      4u  /* Landlock scope */
#define NONO_HELD_ABSTRACT     8u  /* Landlock scope */
#define NONO_HELD_SYSTEM_CALLS 16u /* the seccomp baseline */
#define NONO_HELD_DENY_MOUNTS  32u /* denies inside grants: mounts over them */
#define NONO_HELD_DENY_SPLIT   64u /* denies inside grants: their siblings granted instead */

/*
 * Confines the calling process and all its descendants; there is no way back. On failure the
 * process may be partly confined and must not go on as if it were not. *held, when not NULL,
 * receives the NONO_HELD bits. flags must be 0. NONO_NETWORK_PROXY is NONO_UNSUPPORTED here.
 */
NONO_API int nono_sandbox_apply(const struct nono_caps *caps, unsigned flags, unsigned *held,
                                struct nono_error *err);

#ifdef __cplusplus
}
#endif

#endif
