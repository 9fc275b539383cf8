#include <stdio.h>
#include <sys/utsname.h>

#include "client/cmd/commands.h"
#include "client/ui/term.h"
#include "sandbox/linux/features.h"

static int opt_json;

static const struct poptOption options[] = {
    { "json", '\0', POPT_ARG_NONE, &opt_json, 0, "answer in JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static void print_json(const struct utsname *host, const struct features *features)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "version", NONO_VERSION);
    doc_add_text(arena, doc, "system", host->sysname);
    doc_add_text(arena, doc, "release", host->release);
    doc_add_text(arena, doc, "machine", host->machine);
    doc_add_integer(arena, doc, "landlock_abi", features->landlock_abi);
    doc_add_integer(arena, doc, "landlock_errata", features->landlock_errata);
    doc_add_bool(arena, doc, "user_namespaces", features->user_namespaces);
    doc_add_bool(arena, doc, "mount_namespaces", features->mount_namespaces);
    doc_add_bool(arena, doc, "network_namespaces", features->network_namespaces);
    doc_add_bool(arena, doc, "seccomp_notify", features->seccomp_notify);
    doc_add_bool(arena, doc, "cgroup_delegated", features->cgroup_delegated);
    ui_json(doc);
}

static const char *yes(bool value)
{
    return value ? "yes" : "no";
}

static bool version_run(const char **operands, int *status, struct error *err)
{
    (void)operands, (void)status, (void)err;
    struct utsname host;
    struct features features;
    (void)uname(&host);
    features_probe(&features);
    if (opt_json) {
        print_json(&host, &features);
        return true;
    }
    (void)printf("nono %s (%s %s, %s)\n", NONO_VERSION, host.sysname, host.release, host.machine);
    if (features.landlock_abi)
        (void)printf("Landlock ABI %d, errata 0x%x\n", features.landlock_abi,
                     features.landlock_errata);
    else
        (void)printf("no Landlock: nothing can be run in a sandbox\n");
    (void)printf("user namespaces: %s, mount namespaces: %s, network namespaces: %s\n",
                 yes(features.user_namespaces), yes(features.mount_namespaces),
                 yes(features.network_namespaces));
    (void)printf("seccomp notification: %s, delegated cgroup: %s\n", yes(features.seccomp_notify),
                 yes(features.cgroup_delegated));
    return true;
}

const struct command command_version = {
    .name = "version",
    .summary = "show the version and what this kernel can enforce",
    .examples = EXAMPLES("nono version --json"),
    .options = options,
    .run = version_run,
};
