#include "sandbox/run/environment.h"

#include <string.h>

#include "lib/base/text.h"

/* Patterns: NAME, or PREFIX*. */
static const char *const loader_names[] = {
    "LD_*",
    "DYLD_*",
    "GLIBC_TUNABLES",
    "GCONV_PATH",
    "LOCPATH",
    "BASH_ENV",
    "ENV",
    "CDPATH",
    "GLOBIGNORE",
    "BASH_FUNC_*",
    "PROMPT_COMMAND",
    "IFS",
    "SHELLOPTS",
    "BASHOPTS",
    "PS4",
    "PYTHONSTARTUP",
    "PYTHONPATH",
    "PYTHONHOME",
    "NODE_OPTIONS",
    "NODE_PATH",
    "PERL5OPT",
    "PERL5LIB",
    "PERL5DB",
    "RUBYOPT",
    "RUBYLIB",
    "GEM_PATH",
    "GEM_HOME",
    "LUA_INIT*",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "DOTNET_STARTUP_HOOKS",
    "GOFLAGS",
    "OP_SERVICE_ACCOUNT_TOKEN",
    "OP_CONNECT_TOKEN",
    "OP_CONNECT_HOST",
    "OP_SESSION_*",
    "NONO_*",
};

static const char *const outside_names[] = {
    "SSH_AUTH_SOCK", "SSH_AGENT_PID", "SSH_ASKPASS*",    "GPG_AGENT_INFO",
    "DBUS_*",        "DOCKER_HOST",   "XDG_RUNTIME_DIR", "KUBECONFIG",
    "XAUTHORITY",    "ICEAUTHORITY",  "SESSION_MANAGER", "TMUX",
    "STY",           "SUDO_ASKPASS",
};

static const char *const secret_parts[] = {
    "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "APIKEY", "PRIVATE_KEY",
};
/* Only as a whole word between underscores. */
static const char *const secret_words[] = { "KEY", "KEYS", "PASS", "PWD", "PAT", "JWT", "COOKIE" };

static bool pattern_match(const char *pattern, const char *name)
{
    if (*pattern != *name && *pattern != '*')
        return false; /* most end here */
    size_t len = strlen(pattern);
    if (len && pattern[len - 1] == '*')
        return strncmp(pattern, name, len - 1) == 0;
    return strcmp(pattern, name) == 0;
}

static bool table_match(const char *const *patterns, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (pattern_match(patterns[i], name))
            return true;
    return false;
}

/* The pattern of the list that names it; "*" alone is no name. */
static bool list_names(const struct list *list, const char *name)
{
    LIST_FOREACH (*list, const char *, pattern)
        if (strcmp(*pattern, "*") != 0 && pattern_match(*pattern, name))
            return true;
    return false;
}

static bool list_has_any(const struct list *list)
{
    LIST_FOREACH (*list, const char *, pattern)
        if (strcmp(*pattern, "*") == 0)
            return true;
    return false;
}

/* Names are ASCII; toupper(3) would ask the locale. */
static char upper_of(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool looks_secret(const char *name)
{
    char upper[256] = "_";
    size_t len = 1;
    for (const char *c = name; *c && len < sizeof(upper) - 2; c++)
        upper[len++] = upper_of(*c);
    upper[len++] = '_';
    upper[len] = '\0';
    for (size_t i = 0; i < COUNT(secret_parts); i++)
        if (strstr(upper, secret_parts[i]))
            return true;
    for (size_t i = 0; i < COUNT(secret_words); i++) {
        const char *word = secret_words[i];
        size_t size = strlen(word);
        for (const char *at = upper; (at = strstr(at, word)); at++)
            if (at[-1] == '_' && at[size] == '_')
                return true;
    }
    return false;
}

enum environment_verdict environment_judge(const struct environment_rules *rules, const char *name)
{
    if (table_match(loader_names, COUNT(loader_names), name))
        return ENVIRONMENT_LOADER;
    if (list_names(&rules->deny, name) || list_has_any(&rules->deny))
        return ENVIRONMENT_RULE;
    if (list_names(&rules->allow, name))
        return ENVIRONMENT_PASSED;
    bool is_folder = strcmp(name, "PWD") == 0 || strcmp(name, "OLDPWD") == 0;
    if (!is_folder && looks_secret(name))
        return ENVIRONMENT_SECRET;
    if (table_match(outside_names, COUNT(outside_names), name))
        return ENVIRONMENT_OUTSIDE;
    return rules->only_allowed && !list_has_any(&rules->allow) ? ENVIRONMENT_RULE
                                                               : ENVIRONMENT_PASSED;
}

static bool is_set_by_us(const struct environment_rules *rules, const char *name)
{
    LIST_FOREACH (rules->set, const struct environment_value, value)
        if (strcmp(value->name, name) == 0)
            return true;
    return rules->workdir && (strcmp(name, "PWD") == 0 || strcmp(name, "OLDPWD") == 0);
}

static bool entry_passes(const struct environment_rules *rules, const char *entry, bool *out_drop)
{
    char name[256];
    size_t len = strcspn(entry, "=");
    *out_drop = true;
    if (entry[len] != '=' || len == 0 || len >= sizeof(name) || !text_is_utf8(entry, strlen(entry)))
        return false;
    memcpy(name, entry, len);
    name[len] = '\0';
    *out_drop = !is_set_by_us(rules, name);
    return *out_drop && environment_judge(rules, name) == ENVIRONMENT_PASSED;
}

const char **environment_make(const struct environment_rules *rules, const char *const *envp,
                              struct arena *arena, size_t *out_dropped)
{
    size_t count = 0, used = 0;
    while (envp[count])
        count++;
    const char **out = ARENA_ARRAY(arena, const char *, count + rules->set.count + 2);
    *out_dropped = 0;
    for (size_t i = 0; i < count; i++) {
        bool drop;
        if (entry_passes(rules, envp[i], &drop))
            out[used++] = envp[i];
        else
            *out_dropped += drop;
    }
    LIST_FOREACH (rules->set, const struct environment_value, value)
        out[used++] = arena_printf(arena, "%s=%s", value->name, value->value);
    if (rules->workdir)
        out[used++] = arena_printf(arena, "PWD=%s", rules->workdir);
    return out;
}
