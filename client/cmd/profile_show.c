#include <stdio.h>
#include <string.h>

#include "client/cmd/profile.h"
#include "client/ui/term.h"
#include "lib/base/text.h"
#include "lib/profile/permissions.h"

static int opt_json, opt_words, diff_json;

static void list_show(const char *title, const struct list *texts, struct arena *arena)
{
    if (!texts->count)
        return;
    printf("%s:", title);
    LIST_FOREACH (*texts, const char *, text)
        printf(" %s", text_escape(*text, arena));
    printf("\n");
}

static void head_show(const struct profile *profile, struct arena *arena)
{
    printf("%s", text_escape(profile->name, arena));
    if (profile->description)
        printf(" - %s", text_escape(profile->description, arena));
    printf("\nmade of:");
    LIST_FOREACH (profile->parts, struct profile_part, part)
        printf(" %s (%s)", text_escape(part->name, arena),
               text_escape(part->pack ? part->pack : part->file, arena));
    printf("\n");
    list_show("groups", &profile->groups, arena);
    if (profile->program)
        printf("program: %s\n", text_escape(profile->program, arena));
}

static void path_show(const struct profile_path *path, const char *access, struct arena *arena)
{
    printf("  %-6s %-44s %s\n", access, text_escape(path->path ? path->path : path->written, arena),
           path->origin.name ? text_escape(path->origin.name, arena) : "");
}

static void files_show(const struct profile *profile, struct arena *arena)
{
    printf("\nfiles (r read, w write, x run, s sockets; a deny beats every grant)\n");
    LIST_FOREACH (profile->grants, struct profile_path, grant) {
        const char access[] = { grant->access & PROFILE_READ ? 'r' : '-',
                                grant->access & PROFILE_WRITE ? 'w' : '-',
                                grant->access & PROFILE_EXECUTE ? 'x' : '-',
                                grant->access & (PROFILE_CONNECT | PROFILE_BIND) ? 's' : '-',
                                '\0' };
        path_show(grant, access, arena);
    }
    LIST_FOREACH (profile->denies, struct profile_path, deny)
        path_show(deny, "deny", arena);
    LIST_FOREACH (profile->bypasses, struct profile_path, bypass)
        path_show(bypass, "bypass", arena);
}

/* What is said of the rest: the same words as in consent and on the registry's pages. */
static void rest_show(const struct list *lines, struct arena *arena)
{
    printf("\nbesides\n");
    LIST_FOREACH (*lines, struct permission_line, line)
        if (strcmp(line->area, "files") != 0)
            printf("  %s\n", text_escape(line->text, arena));
}

static void words_show(const struct list *lines, struct arena *arena)
{
    static const char *const marks[] = { " ", "*", "!" };
    LIST_FOREACH (*lines, struct permission_line, line)
        printf("%s %s\n", marks[line->risk], text_escape(line->text, arena));
}

static void profile_text_show(const struct profile *profile, const struct list *lines,
                              struct arena *arena)
{
    static const char *const workdirs[] = { "nothing", "read", "write", "read and write" };
    head_show(profile, arena);
    files_show(profile, arena);
    printf("  working folder, with consent: %s\n", workdirs[profile->workdir]);
    if (profile->execute_listed)
        printf("  only what has an x above, and the started program, can be run\n");
    rest_show(lines, arena);
    profile_notes("\nnot held by this version: a run is refused", &profile->unsupported, arena);
    profile_notes("\nwarnings", &profile->warnings, arena);
}

static bool show_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct profile *profile;
    struct permissions permissions;
    struct list lines;
    (void)status;
    if (!profile_operands(operands, 1, "the name or path of a profile", err) ||
        !profiles_env(NULL, arena, &env, err) ||
        !profile_load(&env, operands[0], NULL, arena, &profile, err))
        return false;
    permissions_of(profile, arena, &permissions);
    permissions_words(&permissions, arena, &lines);
    if (opt_json && opt_words)
        ui_json(record_encode(&permissions_record, &permissions, arena));
    else if (opt_json)
        ui_json(profile_print(profile, arena));
    else if (opt_words)
        words_show(&lines, arena);
    else
        profile_text_show(profile, &lines, arena);
    return true;
}

/* As written, for every platform: what two versions say, not what this machine makes of them. */
static bool permissions_load(const struct profile_env *env, const char *name, struct arena *arena,
                             struct permissions *out, struct error *err)
{
    struct profile_env anywhere = *env;
    anywhere.platform = NULL;
    return permissions_ask(&anywhere, name, NULL, arena, out, err) || error_prefix(err, "%s", name);
}

static bool diff_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct profile_env env;
    struct permissions before, after;
    struct list changes;
    (void)status;
    if (!profile_operands(operands, 2, "two profiles, the older first", err) ||
        !profiles_env(NULL, arena, &env, err) ||
        !permissions_load(&env, operands[0], arena, &before, err) ||
        !permissions_load(&env, operands[1], arena, &after, err))
        return false;
    permissions_diff(&before, &after, arena, &changes);
    struct doc *out = doc_new(arena, DOC_LIST);
    LIST_FOREACH (changes, struct permission_change, change)
        if (diff_json)
            doc_append(out, record_encode(&permission_change_record, change, arena));
        else
            printf("%s %s\n", change->widened ? "+" : "-", text_escape(change->text, arena));
    if (diff_json)
        ui_json(out);
    return true;
}

static const struct poptOption options[] = {
    { "json", '\0', POPT_ARG_NONE, &opt_json, 0, "print a JSON document", NULL },
    { "words", '\0', POPT_ARG_NONE, &opt_words, 0,
      "say in plain words what it asks for (with --json: the permissions summary)", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

const struct command command_profile_show = {
    .name = "show",
    .args = "PROFILE|FILE",
    .summary = "show what a profile comes to on this machine",
    .examples =
        EXAMPLES("nono profile show claude-code --words", "nono profile show ./profile.toml"),
    .options = options,
    .run = show_run,
};

static const struct poptOption diff_options[] = {
    { "json", '\0', POPT_ARG_NONE, &diff_json, 0, "print a JSON document", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

const struct command command_profile_diff = {
    .name = "diff",
    .args = "PROFILE|FILE PROFILE|FILE",
    .summary = "show what one profile asks that another does not, wider permissions first",
    .examples = EXAMPLES("nono profile diff default ./profile.toml"),
    .options = diff_options,
    .run = diff_run,
};
