#include "sandbox/linux/landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/linux/landlock_uapi.h"

/* What each ABI added. */
static const struct {
    uint64_t fs;
    unsigned features;
} abi_added[LANDLOCK_ABI_KNOWN + 1] = {
    [1] = { (LL_FS_MAKE_SYM << 1) - 1, LANDLOCK_FILES }, [2] = { LL_FS_REFER, LANDLOCK_REFER },
    [3] = { LL_FS_TRUNCATE, LANDLOCK_TRUNCATE },         [4] = { 0, LANDLOCK_TCP },
    [5] = { LL_FS_IOCTL_DEV, LANDLOCK_IOCTL },           [6] = { 0, LANDLOCK_SCOPES },
    [9] = { LL_FS_RESOLVE_UNIX, LANDLOCK_UNIX_PATHS },
};

/* Rules on what is not a folder accept only these. */
#define FILE_RIGHTS \
    (LL_FS_EXECUTE | LL_FS_WRITE_FILE | LL_FS_READ_FILE | LL_FS_TRUNCATE | LL_FS_IOCTL_DEV)

/* What writing to a tree means. Devices cannot be made: whoever may make one and open it has the
 * machine. */
#define WRITE_RIGHTS                                                                             \
    (LL_FS_WRITE_FILE | LL_FS_TRUNCATE | LL_FS_REMOVE_DIR | LL_FS_REMOVE_FILE | LL_FS_MAKE_DIR | \
     LL_FS_MAKE_REG | LL_FS_MAKE_SOCK | LL_FS_MAKE_FIFO | LL_FS_MAKE_SYM | LL_FS_REFER)

int landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_CREATE_RULESET_VERSION);
    return abi < 0 ? 0 : (int)abi;
}

unsigned landlock_errata(void)
{
    long errata = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_CREATE_RULESET_ERRATA);
    return errata < 0 ? 0 : (unsigned)errata;
}

unsigned landlock_features(int abi)
{
    unsigned features = 0;
    for (int i = 1; i <= abi && i <= LANDLOCK_ABI_KNOWN; i++)
        features |= abi_added[i].features;
    return features;
}

static uint64_t rights_of_abi(int abi)
{
    uint64_t rights = 0;
    for (int i = 1; i <= abi && i <= LANDLOCK_ABI_KNOWN; i++)
        rights |= abi_added[i].fs;
    return rights;
}

static uint64_t rights_of_access(unsigned access)
{
    uint64_t rights = 0;
    if (access & NONO_READ)
        rights |= LL_FS_READ_FILE | LL_FS_READ_DIR;
    if (access & NONO_WRITE)
        rights |= WRITE_RIGHTS;
    if (access & NONO_EXECUTE)
        rights |= LL_FS_EXECUTE;
    if (access & NONO_DEVICE)
        rights |= LL_FS_IOCTL_DEV;
    return rights;
}

static int node_allow(int ruleset, const struct plan_node *node, int fd, uint64_t handled)
{
    uint64_t rights = rights_of_access(node->access) & handled;
    if (!node->is_dir)
        rights &= FILE_RIGHTS;
    if (rights == 0) /* the kernel takes no empty rule */
        return 0;
    struct ll_path_beneath_attr rule = { .allowed_access = rights, .parent_fd = fd };
    long rc = syscall(SYS_landlock_add_rule, ruleset, LL_RULE_PATH_BENEATH, &rule, 0);
    return rc < 0 ? errno : 0;
}

static size_t attr_size(unsigned features)
{
    if (features & LANDLOCK_SCOPES)
        return sizeof(struct ll_ruleset_attr);
    return features & LANDLOCK_TCP ? 16 : 8;
}

/* Every right is handled, whatever the rules are: one that is not is allowed everywhere. */
static struct ll_ruleset_attr attr_of(const struct nono_caps *caps, int abi)
{
    unsigned features = landlock_features(abi);
    struct ll_ruleset_attr attr = { .handled_access_fs = rights_of_abi(abi) };
    bool open = caps->network == NONO_NETWORK_OPEN;
    if (open) /* sockets by path are the network's, too */
        attr.handled_access_fs &= ~LL_FS_RESOLVE_UNIX;
    /* Behind the proxy, what is reachable is decided by the network namespace. */
    if (features & LANDLOCK_TCP && caps->network == NONO_NETWORK_BLOCKED)
        attr.handled_access_net = LL_NET_BIND_TCP | LL_NET_CONNECT_TCP;
    if (features & LANDLOCK_SCOPES && !caps->scope_open[NONO_SCOPE_SIGNAL])
        attr.scoped |= LL_SCOPE_SIGNAL;
    if (features & LANDLOCK_SCOPES && !caps->scope_open[NONO_SCOPE_ABSTRACT_SOCKET])
        attr.scoped |= LL_SCOPE_ABSTRACT_UNIX_SOCKET;
    return attr;
}

bool landlock_build(const struct plan *plan, int abi, int *out_fd, struct error *err)
{
    if (abi < 1)
        return error_set(err, UNSUPPORTED, "this kernel has no Landlock");
    struct ll_ruleset_attr attr = attr_of(plan->caps, abi);
    size_t size = attr_size(landlock_features(abi));
    CLEANUP(closep) int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0);
    if (fd < 0)
        return error_set_errno(err, "landlock_create_ruleset");
    for (size_t i = 0; i < plan->node_count; i++) {
        const struct plan_node *node = &plan->nodes[i];
        errno = node->own ? 0 : node_allow(fd, node, node->fd, attr.handled_access_fs);
        if (errno)
            return error_set_errno(err, "landlock_add_rule %s", node->path);
    }
    *out_fd = STEAL_FD(fd);
    return true;
}

static int own_allow(int ruleset, const struct plan_node *node, uint64_t handled)
{
    CLEANUP(closep)
    int self = openat(AT_FDCWD, "/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (self < 0)
        return errno;
    if (!*node->own)
        return node_allow(ruleset, node, self, handled);
    CLEANUP(closep) int fd = openat(self, node->own, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? errno : node_allow(ruleset, node, fd, handled);
}

int landlock_add_own(const struct plan *plan, int abi, int ruleset_fd, bool planned)
{
    uint64_t handled = rights_of_abi(abi);
    int rc = 0;
    for (size_t i = 0; i < plan->node_count && rc == 0; i++) {
        const struct plan_node *node = &plan->nodes[i];
        if (node->own)
            rc = planned ? node_allow(ruleset_fd, node, node->fd, handled)
                         : own_allow(ruleset_fd, node, handled);
    }
    return rc;
}

int landlock_enforce(int ruleset_fd)
{
    return syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0 ? errno : 0;
}
