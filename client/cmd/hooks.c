#include "client/cmd/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/cmd/hook_watch.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/record.h"
#include "lib/base/text.h"
#include "sandbox/policy/placeholder.h"

#define ENV_FILE_MAX  (64 * KIB)
#define TIMEOUT_S     30
#define TIMEOUT_S_MAX 3600

static bool script_check(const char *path, struct stat *st, struct error *err)
{
    struct stat folder;
    bool there = lstat(path, st) == 0;
    if (there && placeholder_is(st)) { /* of this run, or of another */
        errno = ENOENT;
        there = false;
    }
    if (!there)
        return error_set_errno(err, "stat");
    if (!S_ISREG(st->st_mode))
        return error_set(err, INVALID, "not a regular file");
    if (st->st_uid != geteuid() && st->st_uid != 0)
        return error_set(err, DENIED, "owned by another user");
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return error_set(err, DENIED, "others may write it");
    if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
        return error_set(err, INVALID, "not executable");
    char parent[PATH_MAX];
    size_t len = (size_t)(strrchr(path, '/') - path);
    (void)snprintf(parent, sizeof(parent), "%.*s", len ? (int)len : 1, path);
    if (stat(parent, &folder) < 0)
        return error_set_errno(err, "stat %s", parent);
    return !(folder.st_mode & S_IWOTH) ||
           error_set(err, DENIED, "everybody may write to its folder");
}

struct hook_call {
    const char *type;
    const char *session;
    int env_file;  /* -1: none */
    int exit_code; /* -1: none */
};

/* Of a hook that runs nono itself, say: most take the first of two, which would be another run's.
 */
static bool is_ours(const char *variable)
{
    static const char *const names[] = { "NONO_SESSION_ID=", "NONO_WORKDIR=", "NONO_HOOK_TYPE=",
                                         "NONO_ENV_FILE=", "NONO_EXIT_CODE=" };
    for (size_t i = 0; i < COUNT(names); i++)
        if (text_starts(variable, names[i]))
            return true;
    return false;
}

static const char *const *variables_make(const struct policy *policy, const struct hook_call *call)
{
    struct arena *arena = policy->arena;
    size_t room = 0, count = 0;
    while (environ[room])
        room++;
    const char **envp = ARENA_ARRAY(arena, const char *, room + 6);
    for (size_t i = 0; i < room; i++)
        if (!is_ours(environ[i]))
            envp[count++] = environ[i];
    envp[count++] = arena_printf(arena, "NONO_SESSION_ID=%s", call->session);
    envp[count++] = arena_printf(arena, "NONO_WORKDIR=%s", policy->options.workdir);
    envp[count++] = arena_printf(arena, "NONO_HOOK_TYPE=%s", call->type);
    if (call->env_file >= 0)
        envp[count++] =
            arena_printf(arena, "NONO_ENV_FILE=/proc/%d/fd/%d", (int)getpid(), call->env_file);
    if (call->exit_code >= 0)
        envp[count++] = arena_printf(arena, "NONO_EXIT_CODE=%d", call->exit_code);
    return envp;
}

static bool script_run(const struct policy *policy, const struct profile_hook *hook,
                       const struct hook_call *call, int *out_signal, struct error *err)
{
    int64_t seconds =
        hook->timeout_s > 0 && hook->timeout_s <= TIMEOUT_S_MAX ? hook->timeout_s : TIMEOUT_S;
    return hook_watch(hook->script, variables_make(policy, call), seconds, out_signal, err);
}

static bool is_variable_name(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool letter = (name[i] >= 'A' && name[i] <= 'Z') || (name[i] >= 'a' && name[i] <= 'z');
        if (!letter && name[i] != '_' && (i == 0 || name[i] < '0' || name[i] > '9'))
            return false;
    }
    return len > 0;
}

/* Lines NAME=VALUE. */
static bool values_read(int fd, struct arena *arena, struct list *out, struct error *err)
{
    const char *text;
    size_t len, lines = 1;
    if (!file_read(fd, ENV_FILE_MAX, arena, &text, &len, err))
        return false;
    if (strlen(text) != len || !text_is_utf8(text, len))
        return error_set(err, INVALID, "NONO_ENV_FILE is not text");
    for (const char *c = text; *c; c++)
        lines += *c == '\n';
    struct environment_value *values = ARENA_ARRAY(arena, struct environment_value, lines);
    for (const char *at = text; *at;) {
        size_t line = strcspn(at, "\n"), name = strcspn(at, "=");
        if (line && (name >= line || !is_variable_name(at, name)))
            return error_set(err, INVALID, "NONO_ENV_FILE: a line is not NAME=VALUE");
        if (line) {
            values[out->count++] = (struct environment_value){
                arena_strndup(arena, at, name),
                arena_strndup(arena, at + name + 1, line - name - 1),
            };
        }
        at += line + (at[line] == '\n');
    }
    out->items = values;
    return true;
}

static bool before_run(const struct policy *policy, const char *session, struct hook_result *out,
                       struct error *err)
{
    const struct profile_hook *hook = &policy->profile->hook_before;
    CLEANUP(closep) int file = memfd_create("nono-env", MFD_CLOEXEC);
    struct hook_call call = {
        .type = "before", .session = session, .env_file = file, .exit_code = -1
    };
    if (file < 0)
        return error_set_errno(err, "memfd_create");
    struct stat st;
    if (!script_check(hook->script, &st, err))
        return false;
    out->ran = true;
    if (!script_run(policy, hook, &call, &out->signal, err))
        return false;
    if (lseek(file, 0, SEEK_SET) != 0)
        return error_set_errno(err, "NONO_ENV_FILE");
    return values_read(file, policy->arena, &out->values, err);
}

bool hook_before(const struct policy *policy, const char *session, struct hook_result *out,
                 struct error *err)
{
    const char *before = policy->profile->hook_before.script;
    const char *after = policy->profile->hook_after.script;
    if (after && !script_check(after, &out->after, err))
        return error_prefix(err, "the hook %s", after);
    if (before && !before_run(policy, session, out, err))
        return error_prefix(err, "the hook %s", before);
    if (before && after && !script_check(after, &out->after, err)) /* which `before` may change */
        return error_prefix(err, "the hook %s", after);
    return true;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool after_run(const struct policy *policy, const struct hook_call *call,
                      const struct hook_result *before, int *out_signal, struct error *err)
{
    const struct profile_hook *hook = &policy->profile->hook_after;
    struct stat st;
    if (!script_check(hook->script, &st, err))
        return false;
    if (!hook->of_pack && !is_same(&st, &before->after))
        return error_set(err, DENIED, "it was changed since the program started, and is not run");
    return script_run(policy, hook, call, out_signal, err);
}

int hook_after(const struct policy *policy, const char *session, int exit_code,
               const struct hook_result *before)
{
    const char *script = policy->profile->hook_after.script;
    struct hook_call call = {
        .type = "after", .session = session, .env_file = -1, .exit_code = exit_code
    };
    struct error err;
    int signal = 0;
    if (script && !after_run(policy, &call, before, &signal, &err) && !signal)
        (void)fprintf(stderr, "nono: the hook %s: %s\n", text_escape(script, policy->arena),
                      text_escape(err.message, policy->arena));
    return signal;
}
