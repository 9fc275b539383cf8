/* A new pack: the least that lints, builds, and does something. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/pack.h"
#include "lib/base/files.h"
#include "lib/pack/ref.h"

static char *opt_name;

static const struct poptOption options[] = {
    { "name", 0, POPT_ARG_STRING, &opt_name, 0, "of the pack (else the folder's)", "NAME" },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* %s is the name. */
static const char manifest[] =
    "{\n"
    "  \"schema_version\": 1,\n"
    "  \"name\": \"%s\",\n"
    "  \"version\": \"0.1.0\",\n"
    "  \"description\": \"What an agent may touch in our projects.\",\n"
    "  \"license\": \"Apache-2.0\",\n"
    "  \"platforms\": [\"linux\", \"macos\"],\n"
    "  \"artifacts\": [\n"
    "    { \"type\": \"profile\", \"path\": \"profile.toml\", \"install_as\": \"%s\" },\n"
    "    { \"type\": \"instruction\", \"path\": \"AGENTS.md\" }\n"
    "  ]\n"
    "}\n";
static const char profile[] =
    "# What a program may do under --profile %s. Everything that is not named here is denied.\n"
    "\n"
    "[workdir]\n"
    "access = \"readwrite\"\n"
    "\n"
    "[filesystem]\n"
    "read = [\"/usr\", \"/etc/ssl/certs\"]\n"
    "\n"
    "[network]\n"
    "allow_hosts = []\n";
static const char readme[] = "# %s\n\nWhat this pack is for, and what it allows.\n";
static const char agents[] =
    "# Working under %s\n\n"
    "You run inside a sandbox. What it denies is denied on purpose: say what you need instead of\n"
    "trying another way.\n";

static const struct {
    const char *path, *text;
} files[] = {
    { "profile.toml", profile },
    { "README.md", readme },
    { "AGENTS.md", agents },
    { "package.json", manifest }, /* last: with it the folder is a pack */
};

/* "%s" replaced; nothing else in these texts is a directive. */
static const char *fill(const char *text, const char *name, struct arena *arena)
{
    const char *out = "";
    for (const char *at; (at = strstr(text, "%s")); text = at + 2)
        out = arena_printf(arena, "%s%.*s%s", out, (int)(at - text), text, name);
    return arena_printf(arena, "%s%s", out, text);
}

static bool file_make(int dir, const char *path, const char *text, struct error *err)
{
    CLEANUP(closep) int fd = -1;
    return file_open_beneath(dir, path, O_WRONLY | O_CREAT | O_EXCL, 0644, &fd, err) &&
           file_write_all(fd, text, strlen(text), err);
}

/* None of them may be there: what somebody wrote is never written over. */
static bool is_free(int dir, struct error *err)
{
    for (size_t i = 0; i < COUNT(files); i++) {
        struct stat st;
        if (fstatat(dir, files[i].path, &st, AT_SYMLINK_NOFOLLOW) == 0)
            return error_set(err, CONFLICT, "%s is there already", files[i].path);
    }
    return true;
}

static const char *folder_name(const char *folder, struct arena *arena)
{
    CLEANUP(freep) char *real = realpath(folder, NULL);
    const char *slash = real ? strrchr(real, '/') : NULL;
    return slash ? arena_strndup(arena, slash + 1, strlen(slash + 1)) : "pack";
}

static bool init_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    CLEANUP(closep) int dir = -1;
    const char *folder;
    if (!pack_one_operand(operands, ".", &folder, err) || !dir_make_path(folder, 0755, err))
        return false;
    const char *name = opt_name ? opt_name : folder_name(folder, arena);
    if (!pack_name_check(name, "name", err))
        return error_prefix(err, "%s", name);
    if (!dir_open(folder, &dir, err) || !is_free(dir, err))
        return false;
    for (size_t i = 0; i < COUNT(files); i++)
        if (!file_make(dir, files[i].path, fill(files[i].text, name, arena), err))
            return false;
    fprintf(stderr, "made %s/{profile.toml,AGENTS.md,README.md,package.json}\n", folder);
    return true;
}

const struct command pack_init = {
    .name = "init",
    .args = "[FOLDER]",
    .summary = "begin a pack",
    .examples = EXAMPLES("nono pack init ./web"),
    .options = options,
    .run = init_run,
};
