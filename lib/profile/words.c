/* Permissions in plain words, and what changed between two of them. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/profile/permissions.h"
#include "lib/profile/resolver.h"

struct words {
    struct arena *arena;
    struct list lines; /* struct permission_line */
};

static void line_add(struct words *words, enum permission_risk risk, const char *area,
                     const char *text)
{
    *LIST_ADD(words->arena, &words->lines, struct permission_line) =
        (struct permission_line){ (int)risk, area, text };
}

static const char *condition(struct arena *arena, const char *when)
{
    return when ? arena_printf(arena, " (%s)", when) : "";
}

/* A path without what does not change its meaning: "~", "${HOME}", "//", "/./", a slash or patterns
 * for all that is in the folder at the end. */
static const char *plain_spelling(struct arena *arena, const char *path)
{
    static const char *const homes[] = { "~", "${HOME}", "$HOME" };
    char *out = arena_alloc(arena, strlen(path) + sizeof("$HOME/"), 1);
    size_t len = 0;
    for (size_t i = 0; i < COUNT(homes) && !len; i++) {
        size_t home = strlen(homes[i]);
        if (!text_starts(path, homes[i]) || (path[home] && path[home] != '/'))
            continue;
        len = strlen("$HOME");
        memcpy(out, "$HOME", len);
        path += home;
    }
    while (*path) {
        path += strspn(path, "/");
        size_t part = strcspn(path, "/");
        bool all = strspn(path, "*") == part || (part == 2 && memcmp(path, ".*", 2) == 0);
        if (part && !(part == 1 && *path == '.') &&
            !(all && !path[part + strspn(path + part, "*/.")])) {
            out[len++] = '/';
            memcpy(out + len, path, part);
            len += part;
        }
        path += part;
    }
    if (!len)
        out[len++] = '/';
    out[len] = '\0';
    return out;
}

/* Whole homes, and what other programs run or trust, are more than a folder. */
static bool is_wide(struct arena *arena, const char *path)
{
    static const char *const wide[] = {
        "/",    "$HOME", "/etc",  "/home", "/usr", "/var", "/root",
        "/run", "/dev",  "/proc", "/boot", "/opt", "/sys", "/var/run",
    };
    const char *plain = plain_spelling(arena, path);
    const char *star = strchr(plain, '*');
    if (*plain == '/' && star && !memchr(plain + 1, '/', (size_t)(star - plain) - 1))
        return true; /* of the root's own folders */
    if (star && text_starts(plain, "/home/") && star > strrchr(plain, '/'))
        return !strchr(plain + strlen("/home/"), '/'); /* of all homes */
    for (size_t i = 0; i < COUNT(wide); i++)
        if (strcmp(plain, wide[i]) == 0)
            return true;
    return false;
}

/* Conditions are part of it: what may be read everywhere is not read on one system alone. */
static const char *path_key(struct arena *arena, const struct permission_path *path)
{
    return arena_printf(arena, "%s\n%s", path->path, path->when ? path->when : "");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys of paths, sorted. */
static struct list keys_of(struct arena *arena, const struct list *paths)
{
    const char **keys = ARENA_ARRAY(arena, const char *, paths->count + 1);
    size_t count = 0;
    LIST_FOREACH (*paths, struct permission_path, path)
        keys[count++] = path_key(arena, path);
    qsort(keys, count, sizeof(const char *), by_text);
    return (struct list){ keys, count };
}

static bool has_path(struct arena *arena, const struct list *keys,
                     const struct permission_path *path)
{
    const char *key = path_key(arena, path);
    return bsearch(&key, keys->items, keys->count, sizeof(key), by_text);
}

/* A built-in group is known to be harmless; a pack's is what its author says. */
static bool is_built_in_group(const char *reason)
{
    struct profile_text text = { 0 };
    if (text_starts(reason, "group "))
        profile_group_find(reason + strlen("group "), &text);
    return text.text;
}

static void path_line(struct words *words, const char *verb, const struct permission_path *path,
                      bool writes)
{
    bool group = path->reason && is_built_in_group(path->reason);
    enum permission_risk risk = is_wide(words->arena, path->path)
                                    ? (writes ? PERMISSION_GRAVE : PERMISSION_NOTABLE)
                                    : (writes && !group ? PERMISSION_NOTABLE : PERMISSION_PLAIN);
    line_add(words, risk, "files",
             arena_printf(words->arena, "%s %s%s", verb, path->path,
                          condition(words->arena, path->when)));
}

/* What holds always need not be said of when it holds. */
static bool holds_always(struct arena *arena, const struct list *keys,
                         const struct permission_path *path)
{
    const struct permission_path always = { .path = path->path };
    return path->when && has_path(arena, keys, &always);
}

static void files_say(struct words *words, const struct permissions *from)
{
    struct arena *arena = words->arena;
    struct list read = keys_of(arena, &from->read), write = keys_of(arena, &from->write);
    LIST_FOREACH (from->write, struct permission_path, path) {
        bool reads = has_path(arena, &read, path);
        if (!holds_always(arena, &write, path) || (reads && !holds_always(arena, &read, path)))
            path_line(words, reads ? "may read and change" : "may write to", path, true);
    }
    LIST_FOREACH (from->read, struct permission_path, path)
        if (!has_path(arena, &write, path) && !holds_always(arena, &read, path))
            path_line(words, "may read", path, false);
    LIST_FOREACH (from->bypass, struct permission_path, path)
        line_add(words, PERMISSION_GRAVE, "files",
                 arena_printf(words->arena, "lifts the protection of %s%s", path->path,
                              condition(words->arena, path->when)));
    LIST_FOREACH (from->sockets, struct permission_path, path)
        line_add(words, PERMISSION_NOTABLE, "files",
                 arena_printf(words->arena, "may talk to other programs through %s%s", path->path,
                              condition(words->arena, path->when)));
    LIST_FOREACH (from->deny, struct permission_path, path)
        line_add(words, PERMISSION_PLAIN, "files",
                 arena_printf(words->arena, "never touches %s%s", path->path,
                              condition(words->arena, path->when)));
}

static void workdir_say(struct words *words, const struct permissions *from)
{
    static const struct {
        const char *access, *text;
        enum permission_risk risk;
    } says[] = {
        { "read", "may read the folder it is started in, if you agree", PERMISSION_PLAIN },
        { "write", "may write to the folder it is started in, if you agree", PERMISSION_PLAIN },
        { "readwrite", "may read and change the folder it is started in, if you agree",
          PERMISSION_PLAIN },
    };
    for (size_t i = 0; from->workdir && i < COUNT(says); i++)
        if (strcmp(from->workdir, says[i].access) == 0)
            line_add(words, says[i].risk, "files", says[i].text);
}

/* However it is written; one label with all that is below it, "*.com", is as good as any. */
static bool is_any_host(struct arena *arena, const char *text, bool *out_all)
{
    struct profile_host host;
    struct error ignored;
    *out_all = false;
    if (!profile_host_parse(arena, text, &host, &ignored))
        return false;
    *out_all = strcmp(host.host, "*") == 0;
    return *out_all || (text_starts(host.host, "*.") && !strchr(host.host + 2, '.'));
}

static const char *host_named(struct arena *arena, const char *text, bool all)
{
    if (!all)
        return text;
    return strcmp(text, "*") == 0 ? "any host" : arena_printf(arena, "any host (%s)", text);
}

static void network_say(struct words *words, const struct permissions *from)
{
    struct arena *arena = words->arena;
    if (from->network == PROFILE_NETWORK_OPEN)
        line_add(words, PERMISSION_GRAVE, "network", "may connect to any host, unfiltered");
    if (from->network == PROFILE_NETWORK_CLOSED)
        line_add(words, PERMISSION_PLAIN, "network", "has no network");
    LIST_FOREACH (from->hosts, struct permission_host, host) {
        bool all, any = is_any_host(arena, host->host, &all);
        line_add(words, any ? PERMISSION_GRAVE : PERMISSION_NOTABLE, "network",
                 arena_printf(arena, "may connect to %s%s", host_named(arena, host->host, all),
                              condition(arena, host->when)));
    }
    LIST_FOREACH (from->denied_hosts, struct permission_host, host)
        line_add(words, PERMISSION_PLAIN, "network",
                 arena_printf(arena, "never connects to %s%s", host->host,
                              condition(arena, host->when)));
    LIST_FOREACH (from->ports, const char *, port) {
        bool listen = text_starts(*port, "listen ");
        line_add(words, PERMISSION_NOTABLE, "network",
                 arena_printf(arena,
                              listen ? "may be connected to, on port %s" : "may connect to port %s",
                              strchr(*port, ' ') + 1));
    }
}

static void programs_say(struct words *words, const struct permissions *from)
{
    struct arena *arena = words->arena;
    LIST_FOREACH (from->hooks, struct permission_hook, hook)
        line_add(words, PERMISSION_GRAVE, "hooks",
                 arena_printf(arena, "runs %s outside the sandbox, %s each session", hook->script,
                              hook->event));
    LIST_FOREACH (from->execute, struct permission_path, path)
        line_add(words, PERMISSION_PLAIN, "programs",
                 arena_printf(arena, "may run %s%s", path->path, condition(arena, path->when)));
    if (from->execute_mode == PERMISSIONS_EXECUTE_LISTED)
        line_add(words, PERMISSION_PLAIN, "programs", "runs nothing that is not named");
    LIST_FOREACH (from->credentials, const char *, name)
        line_add(words, PERMISSION_GRAVE, "credentials",
                 arena_printf(arena, "uses the credential %s", *name));
    LIST_FOREACH (from->environment, const char *, change)
        line_add(words, PERMISSION_PLAIN, "environment",
                 arena_printf(arena, "variables: %s", *change));
    if (from->environment_mode == PERMISSIONS_ENVIRONMENT_LISTED)
        line_add(words, PERMISSION_PLAIN, "environment", "passes no variable that is not named");
    LIST_FOREACH (from->other, const char *, text)
        line_add(words, PERMISSION_NOTABLE, "other", arena_printf(arena, "asks for %s", *text));
}

/* Gravest first; else in the order in which they were said. */
static int by_risk(const void *a, const void *b)
{
    const struct permission_line *left = *(const struct permission_line *const *)a;
    const struct permission_line *right = *(const struct permission_line *const *)b;
    if (left->risk != right->risk)
        return right->risk - left->risk;
    return (left > right) - (left < right);
}

static void protections_say(struct words *words, const struct permissions *from)
{
    struct list all;
    profile_protections(words->arena, &all);
    if (from->unprotected.count >= all.count) {
        line_add(words, PERMISSION_GRAVE, "other",
                 "goes without the protections of every profile: keys, tokens, passwords, what "
                 "browsers keep and shell files are as open as what is around them");
        return;
    }
    LIST_FOREACH (from->unprotected, const char *, group)
        line_add(words, PERMISSION_GRAVE, "other",
                 arena_printf(words->arena, "goes without the protection %s", *group));
}

/* Lines by their text, for looking one up; of one text the first goes before the others. */
static int by_line_text(const void *a, const void *b)
{
    const struct permission_line *left = *(const struct permission_line *const *)a;
    const struct permission_line *right = *(const struct permission_line *const *)b;
    int order = strcmp(left->text, right->text);
    return order ? order : (left > right) - (left < right);
}

static const struct permission_line **lines_sorted(const struct words *words)
{
    size_t count = words->lines.count;
    const struct permission_line **order =
        ARENA_ARRAY(words->arena, const struct permission_line *, count + 1);
    for (size_t i = 0; i < count; i++)
        order[i] = LIST_AT(words->lines, struct permission_line, i);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    qsort(order, count, sizeof(*order), by_line_text);
    return order;
}

/* A text is said once. */
static void lines_unique(struct words *words)
{
    const struct permission_line **order = lines_sorted(words);
    bool *again = ARENA_ARRAY(words->arena, bool, words->lines.count + 1);
    for (size_t i = 1; i < words->lines.count; i++)
        if (strcmp(order[i - 1]->text, order[i]->text) == 0)
            again[order[i] - LIST_AT(words->lines, struct permission_line, 0)] = true;
    size_t kept = 0;
    for (size_t i = 0; i < words->lines.count; i++)
        if (!again[i])
            *LIST_AT(words->lines, struct permission_line, kept++) =
                *LIST_AT(words->lines, struct permission_line, i);
    words->lines.count = kept;
}

static void words_of(const struct permissions *permissions, struct words *words)
{
    protections_say(words, permissions);
    files_say(words, permissions);
    workdir_say(words, permissions);
    network_say(words, permissions);
    programs_say(words, permissions);
    lines_unique(words);
}

void permissions_words(const struct permissions *permissions, struct arena *arena, struct list *out)
{
    struct words words = { .arena = arena };
    words_of(permissions, &words);
    size_t count = words.lines.count;
    const struct permission_line **order =
        ARENA_ARRAY(arena, const struct permission_line *, count + 1);
    for (size_t i = 0; i < count; i++)
        order[i] = LIST_AT(words.lines, struct permission_line, i);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers */
    qsort(order, count, sizeof(*order), by_risk);
    *out = (struct list){ 0 };
    for (size_t i = 0; i < count; i++)
        *LIST_ADD(arena, out, struct permission_line) = *order[i];
}

static int against_line(const void *text, const void *line)
{
    return strcmp(text, (*(const struct permission_line *const *)line)->text);
}

/* Lines that narrow: their coming is no widening, their going is one. */
static bool is_narrowing(const char *text)
{
    static const char *const starts[] = { "never ", "has no network", "runs nothing",
                                          "passes no variable", "variables: drop " };
    for (size_t i = 0; i < COUNT(starts); i++)
        if (text_starts(text, starts[i]))
            return true;
    return false;
}

/* What one says and the other does not. */
static void changes_add(const struct words *says_it, const struct words *does_not, bool is_new,
                        bool widened, struct arena *arena, struct list *out)
{
    const struct permission_line **there = lines_sorted(does_not);
    LIST_FOREACH (says_it->lines, struct permission_line, line) {
        bool wider = is_narrowing(line->text) != is_new;
        if (wider != widened || bsearch(line->text, there, does_not->lines.count,
                                        sizeof(const struct permission_line *), against_line))
            continue;
        struct permission_change *change = LIST_ADD(arena, out, struct permission_change);
        change->widened = widened;
        change->area = line->area;
        change->text = arena_printf(arena, "%s: %s", is_new ? "now" : "no longer", line->text);
    }
}

void permissions_diff(const struct permissions *before, const struct permissions *after,
                      struct arena *arena, struct list *out)
{
    struct words old = { .arena = arena }, new = { .arena = arena };
    words_of(before, &old);
    words_of(after, &new);
    *out = (struct list){ 0 };
    for (int pass = 0; pass < 2; pass++) {
        bool widened = pass == 0;
        changes_add(&new, &old, true, widened, arena, out);
        changes_add(&old, &new, false, widened, arena, out);
    }
}
