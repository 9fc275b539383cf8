#include "sandbox/run/environment.h"

#include <stdint.h>
#include <string.h>

#include "lib/base/stack.h"
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

/* Anywhere in a name; or, where whole is set, only between underscores and the name's ends. */
static const struct {
    char text[12];
    bool whole;
} secret_words[] = {
    { "TOKEN", false },      { "SECRET", false }, { "PASSWORD", false },   { "PASSWD", false },
    { "PASSPHRASE", false }, { "APIKEY", false }, { "CREDENTIAL", false }, { "PRIVATE_KEY", false },
    { "KEY", true },         { "KEYS", true },    { "PASS", true },        { "PWD", true },
    { "PAT", true },         { "JWT", true },     { "COOKIE", true },      { "AUTH", true },
    { "CRED", true },        { "CREDS", true },   { "BEARER", true },      { "SSHPASS", true },
};

static bool pattern_match(const char *pattern, const char *name)
{
    for (;; pattern++, name++) {
        if (pattern[0] == '*' && !pattern[1])
            return true;
        if (*pattern != *name)
            return false; /* most at the first letter */
        if (!*pattern)
            return true;
    }
}

/* What begins with a letter, by its five low bits: the rest need not be compared. */
#define LETTERS 32
struct letters {
    uint64_t loader[LETTERS], outside[LETTERS]; /* patterns, a bit each */
    uint32_t secret[LETTERS];                   /* second letters, a bit each */
};

static unsigned letter_of(char c)
{
    return c & (LETTERS - 1);
}

static uint32_t letter_bit(char c)
{
    return UINT32_C(1) << letter_of(c);
}

static void letters_read(struct letters *letters)
{
    _Static_assert(COUNT(loader_names) <= 64 && COUNT(outside_names) <= 64, "a bit for each");
    *letters = (struct letters){ 0 };
    for (size_t i = 0; i < COUNT(loader_names); i++)
        letters->loader[letter_of(loader_names[i][0])] |= UINT64_C(1) << i;
    for (size_t i = 0; i < COUNT(outside_names); i++)
        letters->outside[letter_of(outside_names[i][0])] |= UINT64_C(1) << i;
    for (size_t i = 0; i < COUNT(secret_words); i++)
        letters->secret[letter_of(secret_words[i].text[0])] |= letter_bit(secret_words[i].text[1]);
}

static bool table_match(const char *const *patterns, const uint64_t *by_letter, const char *name)
{
    for (uint64_t bits = by_letter[letter_of(*name)]; bits; bits &= bits - 1)
        if (pattern_match(patterns[__builtin_ctzll(bits)], name))
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
    return (char)(c >= 'a' && c <= 'z' ? c & ~0x20 : c);
}

/* at lies within a name that has an underscore at either end. */
static bool secret_begins(const char *at)
{
    for (size_t i = 0; i < COUNT(secret_words); i++) {
        const char *word = secret_words[i].text;
        if (at[0] != word[0] || at[1] != word[1])
            continue; /* most end here */
        size_t len = strlen(word);
        if (strncmp(at, word, len) == 0 &&
            (!secret_words[i].whole || (at[-1] == '_' && at[len] == '_')))
            return true;
    }
    return false;
}

/* Whether two letters of the name, large or small, begin a word. */
static bool may_be_secret(const struct letters *letters, const char *name)
{
    for (const char *at = name; *at; at++)
        if (letters->secret[letter_of(*at)] & letter_bit(at[1]))
            return true;
    return false;
}

static bool looks_secret(const struct letters *letters, const char *name)
{
    if (!may_be_secret(letters, name))
        return false;
    char upper[256] UNINITIALIZED;
    size_t len = 0;
    upper[len++] = '_';
    for (const char *c = name; *c && len < sizeof(upper) - 2; c++)
        upper[len++] = upper_of(*c);
    upper[len++] = '_';
    upper[len] = '\0';
    for (const char *at = upper + 1; *at; at++)
        if (letters->secret[letter_of(*at)] & letter_bit(at[1]) && secret_begins(at))
            return true;
    return false;
}

static enum environment_verdict judge(const struct environment_rules *rules,
                                      const struct letters *letters, const char *name)
{
    if (table_match(loader_names, letters->loader, name))
        return ENVIRONMENT_LOADER;
    if (list_names(&rules->deny, name) || list_has_any(&rules->deny))
        return ENVIRONMENT_RULE;
    if (list_names(&rules->allow, name))
        return ENVIRONMENT_PASSED;
    bool is_folder = strcmp(name, "PWD") == 0 || strcmp(name, "OLDPWD") == 0;
    if (!is_folder && looks_secret(letters, name))
        return ENVIRONMENT_SECRET;
    if (table_match(outside_names, letters->outside, name))
        return ENVIRONMENT_OUTSIDE;
    return rules->only_allowed && !list_has_any(&rules->allow) ? ENVIRONMENT_RULE
                                                               : ENVIRONMENT_PASSED;
}

enum environment_verdict environment_judge(const struct environment_rules *rules, const char *name)
{
    struct letters letters;
    letters_read(&letters);
    return judge(rules, &letters, name);
}

static bool is_set_by_us(const struct environment_rules *rules, const char *name)
{
    LIST_FOREACH (rules->set, const struct environment_value, value)
        if (strcmp(value->name, name) == 0)
            return true;
    return rules->workdir && (strcmp(name, "PWD") == 0 || strcmp(name, "OLDPWD") == 0);
}

/* A URL with a password in it, whatever the variable is called. Those of proxies are left where the
 * network is open, which may lead nowhere without them. */
static bool has_password(const struct environment_rules *rules, const char *name, const char *value)
{
    bool left = rules->proxies && (text_ends(name, "_proxy") || text_ends(name, "_PROXY"));
    if (left || !strchr(value, '@'))
        return false;
    for (const char *at = value; (at = strstr(at, "://")); at += 3) {
        size_t len = strcspn(at + 3, "/?#@ \t\n");
        if (at[3 + len] == '@' && memchr(at + 3, ':', len))
            return true;
    }
    return false;
}

static bool entry_passes(const struct environment_rules *rules, const struct letters *letters,
                         const char *entry, bool *out_drop)
{
    char name[256] UNINITIALIZED;
    size_t len = strcspn(entry, "=");
    *out_drop = true;
    if (entry[len] != '=' || len == 0 || len >= sizeof(name) || !text_is_utf8(entry, strlen(entry)))
        return false;
    memcpy(name, entry, len);
    name[len] = '\0';
    *out_drop = !is_set_by_us(rules, name);
    bool named = list_names(&rules->allow, name);
    return *out_drop && judge(rules, letters, name) == ENVIRONMENT_PASSED &&
           (named || !has_password(rules, name, entry + len + 1));
}

const char **environment_make(const struct environment_rules *rules, const char *const *envp,
                              struct arena *arena, size_t *out_dropped)
{
    size_t count = 0, used = 0;
    while (envp[count])
        count++;
    const char **out = ARENA_ARRAY(arena, const char *, count + rules->set.count + 2);
    *out_dropped = 0;
    struct letters letters;
    letters_read(&letters);
    for (size_t i = 0; i < count; i++) {
        bool drop;
        if (entry_passes(rules, &letters, envp[i], &drop))
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
