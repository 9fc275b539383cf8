#include "sandbox/linux/hygiene.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define SECURE_BITS                                                                          \
    (SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                         \
     SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
     SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

int privileges_drop(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { { 0 } };
    if (syscall(SYS_capget, &header, data) < 0)
        return errno;
    bool has_any =
        data[0].permitted || data[1].permitted || data[0].inheritable || data[1].inheritable;
    if (!has_any)
        return 0;
    /* Without CAP_SETPCAP this cannot be set; an empty permitted set and no_new_privs do as well.
     */
    if (prctl(PR_SET_SECUREBITS, SECURE_BITS, 0, 0, 0) < 0 && errno != EPERM)
        return errno;
    /* Ambient ones go with the inheritable: capabilities(7). */
    data[0] = data[1] = (struct __user_cap_data_struct){ 0 };
    return syscall(SYS_capset, &header, data) < 0 ? errno : 0;
}

int limits_set(void)
{
    struct rlimit none = { 0, 0 };
    return setrlimit(RLIMIT_CORE, &none) < 0 ? errno : 0;
}
