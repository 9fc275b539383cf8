/*
 * `why` and the kernel agree. Random sets over a random tree; each question is asked of the plan,
 * and then tried by a process in the sandbox. NONO_AGREEMENT_SEED repeats one run.
 */
/* USES sandbox/policy sandbox/platform lib/digest */
#include "tests/support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/random.h"
#include "lib/base/record.h"
#include "sandbox/linux/landlock.h"
#include "sandbox/platform/confine.h"
#include "sandbox/policy/query.h"
#include "tests/support/chance.h"

#define POLICIES 250
#define PROBES   40

static char root[64];

/* Names of the tree; a folder ends in '/'. Links and second names are in links. */
static const char *const tree[] = {
    "a/",          "a/one",   "a/.env", "a/b/",    "a/b/two",    "a/b/.env", "a/b/c/",
    "a/b/c/three", "a/b/c/x", "d/",     "d/four",  "d/e/",       "d/e/five", "d/e/six",
    "f/",          "f/g/",    "f/g/h/", "f/seven", "f/g/h/deep", "a-side/",  "a-side/one",
};
static const struct {
    const char *name, *target;
    bool hard;
} links[] = {
    { "f/to-a", "../a", false },        { "d/to-three", "../a/b/c/three", false },
    { "f/g/twin", "a/one", true },      { "a/b/twin", "a/b/two", true },
    { "d/dangling", "nowhere", false },
};
/* Asked about besides the tree. */
static const char *const more[] = {
    "f/to-a",   "f/to-a/one", "f/to-a/b/c/three",  "d/to-three",     "f/g/twin",
    "a/b/twin", "a/missing",  "a/b/missing/below", "f/to-a/missing", "d/../a/./b//two",
    "",         "a/one/x",    "a/b/two/x/y",       "d/to-three/x",   "f/seven/x",
};

enum op {
    OP_READ,
    OP_WRITE,
    OP_READ_WRITE,
    OP_EXECUTE,
    OP_CREATE,
    OP_MKDIR,
    OP_REMOVE,
    OP_TRUNCATE,
    OP_LIST,
    OP_RENAME,
    OP_LINK,
    OP_COUNT
};

struct probe {
    enum op op;
    char path[256], to[256];
    bool expected;
    int error; /* of the attempt: 0, or an errno */
};

static void path_of(const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s/%s", root, name);
}

static void tree_make(void)
{
    char path[256], other[256];
    assert_int_equal(mkdir(root, 0755), 0);
    for (size_t i = 0; i < COUNT(tree); i++) {
        path_of(tree[i], path, sizeof(path));
        if (path[strlen(path) - 1] == '/') {
            assert_int_equal(mkdir(path, 0755), 0);
            continue;
        }
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
        assert_true(fd >= 0 && write(fd, "?", 1) == 1);
        (void)close(fd);
    }
    for (size_t i = 0; i < COUNT(links); i++) {
        path_of(links[i].name, path, sizeof(path));
        path_of(links[i].target, other, sizeof(other));
        int rc = links[i].hard ? link(other, path) : symlink(links[i].target, path);
        assert_int_equal(rc, 0);
    }
}

static const char *random_name(void)
{
    unsigned i = pick((unsigned)(COUNT(tree) + COUNT(more)));
    return i < COUNT(tree) ? tree[i] : more[i - COUNT(tree)];
}

static struct nono_caps *random_caps(void)
{
    static const unsigned accesses[] = {
        NONO_READ, NONO_WRITE, NONO_EXECUTE, NONO_READ | NONO_WRITE, NONO_READ | NONO_EXECUTE,
        NONO_ALL,
    };
    static const unsigned denied[] = { NONO_ALL, NONO_ALL, NONO_WRITE };
    char path[256];
    struct nono_caps *caps = caps_new();
    assert_non_null(caps);
    for (unsigned i = 0, count = pick(5); i < count; i++) {
        path_of(random_name(), path, sizeof(path));
        assert_ok(
            caps_allow(caps, path, accesses[pick(COUNT(accesses))], NONO_OPTIONAL, NULL, &err));
    }
    for (unsigned i = 0, count = pick(4); i < count; i++) {
        path_of(random_name(), path, sizeof(path));
        assert_ok(caps_deny(caps, path, denied[pick(COUNT(denied))], NULL, &err));
    }
    return caps;
}

static bool takes_victim(enum op op)
{
    return op == OP_REMOVE || op == OP_RENAME || op == OP_LINK;
}

static void probe_fill(struct probe *probe, unsigned policy, int number)
{
    static const char *const folders[] = { "a", "a/b", "d", "f/g", "f/to-a", "f/to-a/b", "a/../d" };
    probe->op = (enum op)pick(OP_COUNT);
    char name[128];
    if (probe->op == OP_CREATE || probe->op == OP_MKDIR)
        (void)snprintf(name, sizeof(name), "%s/new-%u-%d", folders[pick(COUNT(folders))], policy,
                       number);
    else if (takes_victim(probe->op))
        (void)snprintf(name, sizeof(name), "%s/victim-%u-%d", folders[pick(COUNT(folders))], policy,
                       number);
    else
        (void)snprintf(name, sizeof(name), "%s", random_name());
    path_of(name, probe->path, sizeof(probe->path));
    if (takes_victim(probe->op))
        assert_int_equal(mknod(probe->path, S_IFREG | 0755, 0), 0);
    (void)snprintf(name, sizeof(name), "%s/moved-%u-%d", folders[pick(COUNT(folders))], policy,
                   number);
    path_of(name, probe->to, sizeof(probe->to));
}

static void probe_ask(struct probe *probe, const struct plan *plan)
{
    static const unsigned accesses[OP_COUNT] = {
        [OP_READ] = NONO_READ,
        [OP_WRITE] = NONO_WRITE,
        [OP_READ_WRITE] = NONO_READ | NONO_WRITE,
        [OP_EXECUTE] = NONO_READ | NONO_EXECUTE,
        [OP_TRUNCATE] = NONO_WRITE,
        [OP_LIST] = NONO_READ,
    };
    struct query_result result = { .allowed = true }, there = { .allowed = true };
    const struct path_ops *ops = confine_path_ops();
    if (accesses[probe->op])
        assert_ok(query_path(plan, ops, probe->path, accesses[probe->op], &result, &err));
    else if (probe->op != OP_LINK)
        assert_ok(query_entry(plan, ops, probe->path, &result, &err));
    if (probe->op == OP_RENAME || probe->op == OP_LINK)
        assert_ok(query_entry(plan, ops, probe->to, &there, &err));
    probe->expected = result.allowed && there.allowed;
}

static int try_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
    int sys = errno;
    if (fd >= 0)
        (void)close(fd);
    return fd >= 0 ? 0 : sys;
}

static int try_probe(const struct probe *probe)
{
    char *argv[] = { NULL, NULL };
    int fd;
    argv[0] = (char *)(uintptr_t)probe->path;
    switch (probe->op) {
    case OP_READ:
        return try_open(probe->path, O_RDONLY);
    case OP_WRITE:
        return try_open(probe->path, O_WRONLY);
    case OP_READ_WRITE:
        return try_open(probe->path, O_RDWR);
    case OP_TRUNCATE:
        return truncate(probe->path, 1) ? errno : 0;
    case OP_EXECUTE: /* allowed, then found not to be a program */
        return execve(probe->path, argv, argv + 1) ? errno : 0;
    case OP_CREATE:
        fd = open(probe->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
        return fd < 0 ? errno : 0;
    case OP_MKDIR:
        return mkdir(probe->path, 0755) ? errno : 0;
    case OP_REMOVE:
        return unlink(probe->path) ? errno : 0;
    case OP_LIST:
        return try_open(probe->path, O_RDONLY | O_DIRECTORY);
    case OP_RENAME:
        return rename(probe->path, probe->to) ? errno : 0;
    case OP_LINK:
        return link(probe->path, probe->to) ? errno : 0;
    case OP_COUNT:
        break;
    }
    return EINVAL;
}

/* What says nothing about the sandbox: a folder written to, nothing there, an empty script run. */
static bool is_about_the_file(int sys)
{
    return sys == EISDIR || sys == ENOENT || sys == ENOEXEC || sys == ENOTDIR;
}

static bool is_refusal(int sys)
{
    return sys == EACCES || sys == EPERM || sys == EROFS;
}

static bool agrees(const struct probe *probe)
{
    struct stat st;
    if (probe->op == OP_EXECUTE && stat(probe->path, &st) == 0 && S_ISDIR(st.st_mode))
        return true; /* EACCES whatever the rules are */
    if (probe->error == 0 || probe->error == ENOEXEC)
        return probe->expected;
    /* Between folders the kernel also asks that no right be gained, which is no question of why's.
     */
    if (probe->error == EXDEV && (probe->op == OP_RENAME || probe->op == OP_LINK))
        return true;
    if (is_refusal(probe->error))
        return !probe->expected || probe->op == OP_LINK;
    return is_about_the_file(probe->error);
}

/* Results come back through shared memory. Returns how many were tried. */
static void probes_try(const struct confinement *confinement, struct probe *probes)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct confine_failure failure;
        if (!confine_enter(confinement, &failure)) {
            (void)fprintf(stderr, "%s: %s\n", failure.step, strerrordesc_np(failure.sys));
            _exit(2);
        }
        for (int i = 0; i < PROBES; i++)
            probes[i].error = try_probe(&probes[i]);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status)
        fail_msg("the sandbox could not be entered: %d", status);
}

static void plan_tell(const struct nono_caps *caps, const struct plan *plan)
{
    for (size_t i = 0; i < caps->grants.count; i++)
        print_message("allow 0x%x %s\n", caps->grants.items[i].access, caps->grants.items[i].path);
    for (size_t i = 0; i < caps->denies.count; i++)
        print_message("deny 0x%x %s\n", caps->denies.items[i].access, caps->denies.items[i].path);
    for (size_t i = 0; i < plan->node_count; i++)
        print_message("node 0x%x %s\n", plan->nodes[i].access, plan->nodes[i].path);
    for (size_t i = 0; i < plan->mask_count; i++)
        print_message("mask 0x%x %s%s\n", plan->masks[i].access, plan->masks[i].path,
                      plan->masks[i].in_grant ? " held" : "");
}

static void probes_compare(const struct probe *probes, const struct nono_caps *caps,
                           const struct plan *plan)
{
    static const char *const ops[] = { "read",   "write",  "readwrite", "execute",
                                       "create", "mkdir",  "remove",    "truncate",
                                       "list",   "rename", "link" };
    for (int i = 0; i < PROBES; i++) {
        const struct probe *probe = &probes[i];
        if (agrees(probe))
            continue;
        plan_tell(caps, plan);
        fail_msg("%s %s: why says %s, the kernel %s", ops[probe->op], probe->path,
                 probe->expected ? "allowed" : "denied",
                 probe->error ? strerrordesc_np(probe->error) : "allowed");
    }
}

static void policy_check(struct probe *probes, bool no_mounts, unsigned number)
{
    struct nono_caps *caps = random_caps();
    struct confine_options options = { .has_supervisor = true, .no_mounts = no_mounts };
    struct confinement *confinement = NULL;
    struct error why = { 0 };
    if (confine_prepare(caps, &options, &confinement, &why)) {
        for (int i = 0; i < PROBES; i++) {
            probe_fill(&probes[i], number, i);
            probe_ask(&probes[i], confine_plan(confinement));
        }
        probes_try(confinement, probes);
        probes_compare(probes, caps, confine_plan(confinement));
    } else {
        assert_int_equal(why.kind, ERROR_DENIED); /* a link out of a tree that may be written */
    }
    confine_free(confinement);
    caps_free(caps);
}

static void tree_drop(void)
{
    CLEANUP(closep) int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_ok(tree_remove(tmp, root + strlen("/tmp/"), &err));
}

static void why_and_the_kernel_agree(void **state)
{
    (void)state;
    if (landlock_abi() < 3)
        skip();
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    const char *given = getenv("NONO_AGREEMENT_SEED");
    seed = given ? strtoull(given, NULL, 10) : 0;
    if (!seed)
        random_bytes(&seed, sizeof(seed));
    print_message("NONO_AGREEMENT_SEED=%llu\n", (unsigned long long)seed);
    (void)snprintf(root, sizeof(root), "/tmp/nono-agreement-%d", (int)getpid());
    size_t size = PROBES * sizeof(struct probe);
    struct probe *probes =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(probes != MAP_FAILED);
    tree_make();
    for (unsigned i = 0; i < POLICIES; i++)
        policy_check(probes, i % 2, i);
    tree_drop();
    (void)munmap(probes, size);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(why_and_the_kernel_agree) };
    return cmocka_run_group_tests_name("sandbox/linux/agreement", tests, NULL, NULL);
}
