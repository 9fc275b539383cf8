#include "sandbox/linux/seccomp_rules.h"

#include <sys/syscall.h>

/* Numbers that the build machine's headers may not have; the same on every architecture. */
#define NR_OPEN_TREE_ATTR 467
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

/* clang-format off */
const struct seccomp_rule seccomp_rules[] = {
    /* the kernel itself, and the machine */
    { SYS_init_module, CHECK_DENY }, { SYS_finit_module, CHECK_DENY }, { SYS_delete_module, CHECK_DENY },
    { SYS_kexec_load, CHECK_DENY }, { SYS_kexec_file_load, CHECK_DENY }, { SYS_reboot, CHECK_DENY },
    { SYS_bpf, CHECK_DENY }, { SYS_perf_event_open, CHECK_DENY }, { SYS_userfaultfd, CHECK_DENY },
    { SYS_syslog, CHECK_DENY }, { SYS_acct, CHECK_DENY }, { SYS_swapon, CHECK_DENY }, { SYS_swapoff, CHECK_DENY },
    { SYS_quotactl, CHECK_DENY }, { SYS_quotactl_fd, CHECK_DENY }, { SYS_vhangup, CHECK_DENY },
    { SYS_settimeofday, CHECK_DENY }, { SYS_clock_settime, CHECK_DENY }, { SYS_clock_adjtime, CHECK_DENY },
    { SYS_adjtimex, CHECK_DENY }, { SYS_sethostname, CHECK_DENY }, { SYS_setdomainname, CHECK_DENY },
    { SYS_lookup_dcookie, CHECK_DENY }, { SYS_fanotify_init, CHECK_DENY }, { SYS_fanotify_mark, CHECK_DENY },
    /* mounts and namespaces: Landlock stops some of these, by no means all */
    { SYS_mount, CHECK_DENY }, { SYS_umount2, CHECK_DENY }, { SYS_pivot_root, CHECK_DENY },
    { SYS_fsopen, CHECK_DENY }, { SYS_fsconfig, CHECK_DENY }, { SYS_fsmount, CHECK_DENY }, { SYS_fspick, CHECK_DENY },
    { SYS_open_tree, CHECK_DENY }, { NR_OPEN_TREE_ATTR, CHECK_DENY }, { SYS_move_mount, CHECK_DENY },
    { SYS_mount_setattr, CHECK_DENY }, { SYS_open_by_handle_at, CHECK_DENY }, { SYS_setns, CHECK_DENY },
    { SYS_unshare, CHECK_NAMESPACES }, { SYS_clone, CHECK_NAMESPACES },
    { SYS_clone3, CHECK_ABSENT }, /* its flags are behind a pointer; the C library falls back to clone */
    /* ways around this filter and Landlock */
    { SYS_io_uring_setup, CHECK_ABSENT }, { SYS_io_uring_enter, CHECK_ABSENT }, { SYS_io_uring_register, CHECK_ABSENT },
    { SYS_personality, CHECK_PERSONALITY },
    /* keys, and other processes of the same user */
    { SYS_keyctl, CHECK_DENY }, { SYS_add_key, CHECK_DENY }, { SYS_request_key, CHECK_DENY },
    { SYS_kcmp, CHECK_DENY }, { SYS_pidfd_getfd, CHECK_DENY }, { SYS_prlimit64, CHECK_OTHERS },
    { SYS_setpriority, CHECK_PRIORITY }, { SYS_ioprio_set, CHECK_IO_PRIORITY },
    { SYS_sched_setscheduler, CHECK_OTHERS }, { SYS_sched_setparam, CHECK_OTHERS }, { SYS_sched_setattr, CHECK_OTHERS },
    { SYS_migrate_pages, CHECK_OTHERS }, { SYS_move_pages, CHECK_OTHERS },
    { SYS_ioctl, CHECK_IOCTL },
    { SYS_mknodat, CHECK_MKNODAT },
#ifdef SYS_mknod /* x86-64 has the old ones too */
    { SYS_mknod, CHECK_MKNOD },
    { SYS_iopl, CHECK_DENY }, { SYS_ioperm, CHECK_DENY }, { SYS_modify_ldt, CHECK_DENY },
    /* no kernel serves these any more: with them, their neighbours are one stretch to be searched for */
    { SYS_create_module, CHECK_DENY }, { SYS_get_kernel_syms, CHECK_DENY }, { SYS_query_module, CHECK_DENY },
#endif
    /* sockets that can be made; and what one that came from outside could be used for */
    { SYS_socket, CHECK_SOCKET }, { SYS_socketpair, CHECK_SOCKETPAIR },
    { SYS_connect, CHECK_MEET }, { SYS_listen, CHECK_MEET }, { SYS_accept, CHECK_MEET }, { SYS_accept4, CHECK_MEET },
    { SYS_sendto, CHECK_SEND }, { SYS_sendmmsg, CHECK_SEND }, { SYS_sendmsg, CHECK_SENDMSG },
    /* what programs of the user share by number, or by a name that no path rule covers */
    { SYS_shmget, CHECK_IPC }, { SYS_shmat, CHECK_IPC }, { SYS_shmctl, CHECK_IPC }, { SYS_shmdt, CHECK_IPC },
    { SYS_semget, CHECK_IPC }, { SYS_semop, CHECK_IPC }, { SYS_semtimedop, CHECK_IPC }, { SYS_semctl, CHECK_IPC },
    { SYS_msgget, CHECK_IPC }, { SYS_msgsnd, CHECK_IPC }, { SYS_msgrcv, CHECK_IPC }, { SYS_msgctl, CHECK_IPC },
    { SYS_mq_open, CHECK_IPC }, { SYS_mq_unlink, CHECK_IPC }, { SYS_mq_timedsend, CHECK_IPC },
    { SYS_mq_timedreceive, CHECK_IPC }, { SYS_mq_notify, CHECK_IPC }, { SYS_mq_getsetattr, CHECK_IPC },
};
/* clang-format on */

const size_t seccomp_rule_count = sizeof(seccomp_rules) / sizeof(seccomp_rules[0]);
