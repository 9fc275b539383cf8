/*
 * A program that does its worst with names: random sets over a random tree, and in the sandbox a
 * run of random renames, links, exchanges and writes. Afterwards nothing may have been read or
 * written that could not be before, and what was denied is where it was. NONO_ATTACK_SEED repeats
 * one run.
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
#include "sandbox/policy/plan.h"
#include "sandbox/policy/query.h"
#include "tests/support/chance.h"

#define ROUNDS 120
#define STEPS  120
#define SEEN   4096

static char root[64];

/* A folder ends in '/', a symbolic link has a target, a second name begins its target with '='. */
static const struct {
    const char *name, *target;
} tree[] = {
    { "a/", NULL },           { "a/one", NULL },       { "a/.env", NULL },
    { "a/b/", NULL },         { "a/b/two", NULL },     { "a/b/.env", NULL },
    { "a/b/c/", NULL },       { "a/b/c/three", NULL }, { "d/", NULL },
    { "d/four", NULL },       { "d/e/", NULL },        { "d/e/five", NULL },
    { "f/", NULL },           { "f/g/", NULL },        { "f/seven", NULL },
    { "f/g/deep", NULL },     { "f/to-a", "../a" },    { "d/to-env", "../a/.env" },
    { "a/here", "." },        { "d/nowhere", "gone" }, { "a/b/twin", "=a/b/two" },
    { "f/g/twin", "=a/one" }, { "a/chain", "b/link" }, { "a/b/link", "c/three" },
};
/* Names that the attacker also uses. */
static const char *const more[] = {
    "a/n1",        "a/b/n2",     "a/b/c/n3",    "d/n4",          "d/e/n5",      "f/g/n6",
    "f/n7",        "a/here/one", "f/to-a/.env", "f/to-a/b/.env", "d/../a/.env", "a/n1/.env",
    "a/n1/b/.env", "d/n4/.env",  "a/gone",      "d/gone",        "a/n1/three",  "f/n7/c/three",
    "d/n4/two",    "n8",         "n8/.env",     "n8/b/two",
};

struct file {
    ino_t inode;
    bool is_regular, readable, writable;
    int fd; /* to look at the content later */
};
static struct file files[COUNT(tree)];

/* What the program could read: inodes, told through shared memory. */
struct seen {
    size_t count;
    ino_t inodes[SEEN];
};

static void path_of(const char *name, char *out, size_t size)
{
    (void)snprintf(out, size, "%s/%s", root, name);
}

static void entry_make(size_t i, const char *path)
{
    char other[256];
    size_t len = strlen(path);
    const char *target = tree[i].target;
    if (path[len - 1] == '/') {
        assert_int_equal(mkdir(path, 0755), 0);
    } else if (target && target[0] == '=') {
        path_of(target + 1, other, sizeof(other));
        assert_int_equal(link(other, path), 0);
    } else if (target) {
        assert_int_equal(symlink(target, path), 0);
    } else {
        CLEANUP(closep) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        assert_true(fd >= 0 && write(fd, "kept", 4) == 4);
    }
}

static void tree_make(void)
{
    char path[256];
    assert_int_equal(mkdir(root, 0755), 0);
    for (size_t i = 0; i < COUNT(tree); i++) {
        path_of(tree[i].name, path, sizeof(path));
        entry_make(i, path);
    }
}

static void tree_drop(void)
{
    CLEANUP(closep) int tmp = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t i = 0; i < COUNT(tree); i++)
        if (files[i].is_regular)
            (void)close(files[i].fd);
    memset(files, 0, sizeof(files));
    assert_ok(tree_remove(tmp, root + strlen("/tmp/"), &err));
}

static const char *random_name(void)
{
    unsigned i = pick((unsigned)(COUNT(tree) + COUNT(more)));
    return i < COUNT(tree) ? tree[i].name : more[i - COUNT(tree)];
}

static void random_path(char *out, size_t size)
{
    path_of(random_name(), out, size);
    size_t len = strlen(out);
    if (out[len - 1] == '/')
        out[len - 1] = '\0';
}

static struct nono_caps *random_caps(void)
{
    static const unsigned accesses[] = { NONO_READ, NONO_WRITE, NONO_READ | NONO_WRITE, NONO_ALL };
    static const unsigned denied[] = { NONO_ALL, NONO_ALL, NONO_WRITE };
    char path[256];
    struct nono_caps *caps = caps_new();
    assert_non_null(caps);
    if (pick(3) == 0)
        assert_ok(caps_allow(caps, root, NONO_READ | NONO_WRITE, 0, NULL, &err));
    for (unsigned i = 0, count = 1 + pick(3); i < count; i++) {
        random_path(path, sizeof(path));
        unsigned access = accesses[pick(COUNT(accesses))];
        assert_ok(caps_allow(caps, path, access, NONO_OPTIONAL, NULL, &err));
    }
    for (unsigned i = 0, count = 1 + pick(3); i < count; i++) {
        do /* ".." is where it leads when it is read; no profile can say it */
            random_path(path, sizeof(path));
        while (strstr(path, "/../"));
        assert_ok(caps_deny(caps, path, denied[pick(COUNT(denied))], NULL, &err));
    }
    return caps;
}

static bool allowed(const struct plan *plan, const char *path, unsigned access)
{
    struct query_result result;
    assert_ok(query_path(plan, confine_path_ops(), path, access, &result, &err));
    return result.allowed;
}

static void files_find(void)
{
    char path[256];
    struct stat st;
    for (size_t i = 0; i < COUNT(tree); i++) {
        path_of(tree[i].name, path, sizeof(path));
        files[i].is_regular = stat(path, &st) == 0 && S_ISREG(st.st_mode);
        if (!files[i].is_regular)
            continue;
        files[i].inode = st.st_ino;
        files[i].fd = open(path, O_RDONLY | O_CLOEXEC);
    }
}

/* What each object allows by any of the names in the tree. */
static void files_ask(const struct plan *plan)
{
    char path[256];
    for (size_t i = 0; i < COUNT(tree); i++) {
        path_of(tree[i].name, path, sizeof(path));
        for (size_t j = 0; j < COUNT(tree) && files[i].is_regular; j++) {
            if (!files[j].is_regular || files[i].inode != files[j].inode)
                continue;
            files[j].readable |= allowed(plan, path, NONO_READ);
            files[j].writable |= allowed(plan, path, NONO_WRITE);
        }
    }
}

/* ---- inside */

static void look(struct seen *seen, const char *path)
{
    struct stat st;
    char byte;
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, &byte, 1) >= 0 &&
        seen->count < SEEN)
        seen->inodes[seen->count++] = st.st_ino;
}

static void look_everywhere(struct seen *seen)
{
    char path[256];
    for (size_t i = 0; i < COUNT(tree); i++) {
        path_of(tree[i].name, path, sizeof(path));
        look(seen, path);
    }
    for (size_t i = 0; i < COUNT(more); i++) {
        path_of(more[i], path, sizeof(path));
        look(seen, path);
    }
}

static void overwrite(const char *path, int flags)
{
    CLEANUP(closep) int fd = open(path, flags | O_WRONLY | O_NONBLOCK | O_CLOEXEC, 0644);
    if (fd >= 0)
        (void)!write(fd, "lost", 4);
}

static void nameless(const char *folder, const char *path)
{
    CLEANUP(closep) int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
    if (fd >= 0)
        (void)!linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH);
}

static void step(const char *a, const char *b)
{
    switch (pick(13)) {
    case 0:
    case 1:
        (void)!rename(a, b);
        return;
    case 2:
        (void)!renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
        return;
    case 3:
        (void)!link(a, b);
        return;
    case 4:
        (void)!linkat(AT_FDCWD, a, AT_FDCWD, b, AT_SYMLINK_FOLLOW);
        return;
    case 5:
        (void)!symlink(a, b);
        return;
    case 6:
        (void)!unlink(a);
        return;
    case 7:
        (void)!rmdir(a);
        return;
    case 8:
        (void)!mkdir(a, 0755);
        return;
    case 9:
        overwrite(a, 0);
        return;
    case 10:
        overwrite(a, O_CREAT | (pick(2) ? O_TRUNC : O_EXCL));
        return;
    case 11:
        (void)!truncate(a, 1);
        return;
    default:
        nameless(a, b);
    }
}

static void attack(struct seen *seen)
{
    char a[256], b[256];
    for (int i = 0; i < STEPS; i++) {
        random_path(a, sizeof(a));
        random_path(b, sizeof(b));
        step(a, b);
        if (i % 8 == 7)
            look_everywhere(seen);
    }
}

/* ---- afterwards */

static bool content_is_kept(const struct file *file)
{
    char text[8] = "";
    return pread(file->fd, text, sizeof(text), 0) == 4 && memcmp(text, "kept", 4) == 0;
}

static const char *files_judge(const struct seen *seen)
{
    for (size_t i = 0; i < COUNT(tree); i++) {
        if (!files[i].is_regular)
            continue;
        if (!files[i].writable && !content_is_kept(&files[i]))
            return tree[i].name;
        for (size_t s = 0; s < seen->count && !files[i].readable; s++)
            if (seen->inodes[s] == files[i].inode)
                return tree[i].name;
    }
    return NULL;
}

struct denied {
    struct stat entry, object; /* of a deny, before: the name itself, and what it leads to */
    bool has_entry, has_object;
};

static void denied_note(const struct nono_caps *caps, struct denied *denied)
{
    for (size_t i = 0; i < caps->denies.count; i++) {
        denied[i].has_entry = lstat(caps->denies.items[i].path, &denied[i].entry) == 0;
        denied[i].has_object = stat(caps->denies.items[i].path, &denied[i].object) == 0;
    }
}

/* A denied name leads where it led. */
static const char *denied_judge(const struct nono_caps *caps, const struct denied *denied)
{
    for (size_t i = 0; i < caps->denies.count; i++) {
        struct denied now;
        const char *path = caps->denies.items[i].path;
        now.has_entry = lstat(path, &now.entry) == 0;
        now.has_object = stat(path, &now.object) == 0;
        bool kept = now.has_entry == denied[i].has_entry && now.has_object == denied[i].has_object;
        if (kept && now.has_entry)
            kept = now.entry.st_ino == denied[i].entry.st_ino;
        if (kept && now.has_object)
            kept = now.object.st_ino == denied[i].object.st_ino;
        /* In a tree that may only be written to below a name that does not exist, the way there
         * can change; what is denied is still not there. */
        bool absent = !denied[i].has_object && !now.has_object;
        if (!kept && !absent)
            return path;
    }
    return NULL;
}

static void tell(const struct nono_caps *caps, const struct plan *plan, bool no_mounts)
{
    print_message("held by %s\n", no_mounts ? "siblings" : "mounts");
    for (size_t i = 0; i < caps->grants.count; i++)
        print_message("allow 0x%x %s\n", caps->grants.items[i].access, caps->grants.items[i].path);
    for (size_t i = 0; i < caps->denies.count; i++)
        print_message("deny 0x%x %s\n", caps->denies.items[i].access, caps->denies.items[i].path);
    for (size_t i = 0; i < plan->mask_count; i++)
        print_message("mask 0x%x %s%s\n", plan->masks[i].access, plan->masks[i].path,
                      plan->masks[i].in_grant ? " held" : "");
}

static void attack_inside(const struct confinement *confinement, struct seen *seen)
{
    seen->count = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct confine_failure failure;
        if (!confine_enter(confinement, &failure)) {
            (void)fprintf(stderr, "%s: %s\n", failure.step, strerrordesc_np(failure.sys));
            _exit(2);
        }
        attack(seen);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    (void)pick(2); /* the child's numbers are not ours */
}

static void round_judge(const struct nono_caps *caps, const struct plan *plan,
                        const struct denied *denied, const struct seen *seen, bool no_mounts)
{
    const char *file = files_judge(seen), *name = denied_judge(caps, denied);
    if (!file && !name)
        return;
    tell(caps, plan, no_mounts);
    fail_msg("%s %s", file ? file : name, file ? "was reached" : "was denied and changed");
}

static void round_play(struct seen *seen, bool no_mounts)
{
    struct nono_caps *caps = random_caps();
    struct confine_options options = { .has_supervisor = true, .no_mounts = no_mounts };
    struct confinement *confinement = NULL;
    struct denied denied[4] = { 0 };
    struct error why = { 0 };
    tree_make();
    denied_note(caps, denied);
    files_find();
    if (confine_prepare(caps, &options, &confinement, &why)) {
        files_ask(confine_plan(confinement));
        attack_inside(confinement, seen);
        confine_clean(confinement);
        round_judge(caps, confine_plan(confinement), denied, seen, no_mounts);
    } else {
        assert_int_equal(why.kind, ERROR_DENIED); /* a link out of a tree that may be written */
    }
    confine_free(confinement);
    caps_free(caps);
    tree_drop();
}

static void nothing_is_gained(void **state)
{
    (void)state;
    if (landlock_abi() < 3)
        skip();
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
    const char *given = getenv("NONO_ATTACK_SEED");
    seed = given ? strtoull(given, NULL, 10) : 0;
    if (!seed)
        random_bytes(&seed, sizeof(seed));
    print_message("NONO_ATTACK_SEED=%llu\n", (unsigned long long)seed);
    (void)snprintf(root, sizeof(root), "/tmp/nono-attack-%d", (int)getpid());
    struct seen *seen =
        mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(seen != MAP_FAILED);
    for (unsigned i = 0; i < ROUNDS; i++)
        round_play(seen, i % 2);
    (void)munmap(seen, sizeof(*seen));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_gained) };
    return cmocka_run_group_tests_name("sandbox/linux/attack", tests, NULL, NULL);
}
