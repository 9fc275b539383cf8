#include "sandbox/audit/redact.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "lib/base/text.h"

/* A part of a text that is replaced. */
struct span {
    size_t from, to;
};

/* Flags: "--x", and "--any-x" too. */
static const char *const flags[] = {
    "token",  "password", "passwd", "passphrase",  "secret",     "api-key",
    "apikey", "bearer",   "auth",   "private-key", "access-key", "cookie",
};
static const char *const headers[] = {
    "authorization", "proxy-authorization", "x-api-key",     "x-auth-token", "cookie",
    "set-cookie",    "x-goog-api-key",      "private-token", "api-key",      "x-access-token",
};
static const char *const parameters[] = {
    "token",  "access_token", "api_key",       "apikey",        "key",
    "secret", "password",     "client_secret", "refresh_token", "id_token",
};
/* Only behind '?', '&' or '#': too common as words. */
static const char *const weak_parameters[] = { "code", "state", "nonce", "sig", "signature" };
/* Of any case, with '-' for '_' too. No word that often ends in one is not about a secret. */
static const char *const variable_ends[] = {
    "token",   "secret",  "password",   "passwd",     "passphrase",
    "api_key", "apikey",  "access_key", "secret_key", "private_key",
    "_pass",   "sshpass", "_pwd",       "credential", "credentials",
};
static const char *const login_flags[] = { "-u", "--user", "-U", "--proxy-user" };
static const struct {
    const char *start;
    size_t least; /* characters after it */
} shapes[] = {
    { "ghp_", 20 }, { "gho_", 20 },        { "ghu_", 20 },  { "ghs_", 20 },  { "ghr_", 20 },
    { "sk-", 20 },  { "glpat-", 16 },      { "xoxb-", 10 }, { "xoxp-", 10 }, { "AKIA", 16 },
    { "ASIA", 16 }, { "npm_", 30 },        { "AIza", 30 },  { "eyJ", 40 },   { "pypi-", 40 },
    { "hf_", 30 },  { "github_pat_", 20 }, { "nono_", 42 },
};

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool in_list(const char *const *names, size_t count, const char *text, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], text, len) == 0)
            return true;
    return false;
}

/*
 * The end of a value: of the quoted text when a quote stands in front, else of the word. In a text
 * that is in quotes itself, a quote has a backslash before it.
 */
static size_t value_end(const char *text, size_t from, const char *stops)
{
    size_t escape = text[from] == '\\';
    char quote = text[from + escape];
    if (quote == '"' || quote == '\'') {
        const char closing[] = { '\\', quote, '\0' };
        const char *end = strstr(text + from + escape + 1, escape ? closing : closing + 1);
        return end ? (size_t)(end - text) + escape + 1 : strlen(text);
    }
    for (; text[from] && !strchr(stops, text[from]); from++)
        from += text[from] == '\\' && text[from + 1] && text[from + 1] != '\n';
    return from;
}

bool redact_is_flag(const char *word, size_t len)
{
    if (len < 3 || word[0] != '-')
        return false;
    for (size_t i = 0; i < COUNT(flags); i++) {
        size_t end = strlen(flags[i]);
        if (len > end && word[len - end - 1] == '-' &&
            strncasecmp(word + len - end, flags[i], end) == 0)
            return true;
    }
    return false;
}

/* "--token=x", "--token x" */
static bool flag_find(const char *text, size_t at, size_t len, struct span *span)
{
    if (!redact_is_flag(text + at, len))
        return false;
    size_t from = at + len;
    if (text[from] == '=')
        from++;
    else
        from += strspn(text + from, " \t");
    /* an argument that begins with the flag is its value to the end, spaces and all */
    span->from = from;
    span->to = at == 0 && text[at + len] == '=' ? strlen(text) : value_end(text, from, " \t\r\n");
    return text[from] != '\0';
}

/* "Authorization: Bearer x", "-HAuthorization: Bearer x" */
static bool header_find(const char *text, size_t at, size_t len, struct span *span)
{
    size_t colon = at + len + strspn(text + at + len, " ");
    size_t flag = text_starts(text + at, "-H") ? 2 : 0;
    if (text[colon] != ':' || !in_list(headers, COUNT(headers), text + at + flag, len - flag))
        return false;
    /* the quotes in an argument that begins with the header are the header's own */
    span->from = colon + 1 + strspn(text + colon + 1, " \t");
    span->to = span->from + strcspn(text + span->from, at == 0 ? "\r\n" : "\r\n\"'");
    return true;
}

bool redact_is_login_flag(const char *word, size_t len)
{
    for (size_t i = 0; i < COUNT(login_flags); i++)
        if (strlen(login_flags[i]) == len && memcmp(login_flags[i], word, len) == 0)
            return true;
    return false;
}

/* "-u name:x", "-u 'name:x'", "-uname:x", "--user=name:x" */
static bool login_flag_find(const char *text, size_t at, size_t len, struct span *span)
{
    size_t from = at + 2;
    if (redact_is_login_flag(text + at, len))
        from = at + len + (text[at + len] == '=' ? 1 : strspn(text + at + len, " \t"));
    else if (!text_starts(text + at, "-u"))
        return false;
    bool quoted = text[from] == '"' || text[from] == '\'';
    const char quote[] = { text[from], '\0' };
    from += quoted;
    size_t end = from + strcspn(text + from, quoted ? quote : " \t\r\n\"'");
    const char *colon = memchr(text + from, ':', end - from);
    if (!colon || memmem(text + from, end - from, "://", 3)) /* an address, for another rule */
        return false;
    *span = (struct span){ (size_t)(colon - text) + 1, end };
    return true;
}

static bool ends_in(const char *name, size_t len, const char *end)
{
    size_t end_len = strlen(end);
    if (len < end_len)
        return false;
    for (size_t i = 0; i < end_len; i++) {
        char c = name[len - end_len + i];
        if ((c == '-' ? '_' : tolower((unsigned char)c)) != end[i])
            return false;
    }
    return true;
}

static bool is_secret_variable(const char *name, size_t len)
{
    for (size_t i = 0; i < COUNT(variable_ends); i++)
        if (ends_in(name, len, variable_ends[i]))
            return true;
    return false;
}

/*
 * "?token=x", "token=x", "GITHUB_TOKEN=x". An argument that begins with the variable is its value
 * to the end; but "password=x&user=y" is a form.
 */
static bool assignment_find(const char *text, size_t at, size_t len, struct span *span)
{
    if (text[at + len] != '=')
        return false;
    bool query = at > 0 && strchr("?&#", text[at - 1]);
    bool variable = is_secret_variable(text + at, len);
    bool parameter = in_list(parameters, COUNT(parameters), text + at, len);
    if (!variable && !parameter &&
        !(query && in_list(weak_parameters, COUNT(weak_parameters), text + at, len)))
        return false;
    span->from = at + len + 1;
    if (variable && at == 0)
        span->to = span->from + strcspn(text + span->from,
                                        parameter && islower((unsigned char)text[at]) ? "&" : "");
    else
        span->to = value_end(text, span->from, query ? "&#; \t\r\n\"'" : "& \t\r\n\"'");
    return true;
}

/* "https://user:password@host", "https://token@host" */
static bool login_find(const char *text, size_t at, size_t len, struct span *span)
{
    if (strncmp(text + at + len, "://", 3) != 0)
        return false;
    size_t from = at + len + 3;
    size_t end = from + strcspn(text + from, "/?# \t\r\n\"'");
    const char *sign = memrchr(text + from, '@', end - from);
    if (!sign)
        return false;
    const char *colon = memchr(text + from, ':', (size_t)(sign - text) - from);
    span->from = colon ? (size_t)(colon - text) + 1 : from;
    span->to = (size_t)(sign - text);
    return true;
}

static bool shape_find(const char *text, size_t at, size_t len, struct span *span)
{
    size_t word = at + len;
    while (is_word(text[word]) || text[word] == '.') /* the parts of a JWT */
        word++;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        size_t least = strlen(shapes[i].start) + shapes[i].least;
        if (word - at < least || !text_starts(text + at, shapes[i].start))
            continue;
        *span = (struct span){ at, word };
        return true;
    }
    return false;
}

static bool key_find(const char *text, size_t at, size_t len, struct span *span)
{
    (void)len;
    if (!text_starts(text + at, "-----BEGIN ") || !strstr(text + at, "PRIVATE KEY-----"))
        return false;
    const char *end = strstr(text + at, "-----END ");
    end = end ? strstr(end + strlen("-----END "), "-----") : NULL;
    *span = (struct span){ at, end ? (size_t)(end - text) + 5 : strlen(text) };
    return true;
}

static bool secret_find(const char *text, size_t at, size_t len, struct span *span)
{
    static bool (*const rules[])(const char *, size_t, size_t, struct span *) = {
        key_find, flag_find, header_find, login_flag_find, assignment_find, login_find, shape_find,
    };
    for (size_t i = 0; i < COUNT(rules); i++)
        if (rules[i](text, at, len, span) && span->to > span->from)
            return true;
    return false;
}

/* The shell's word that a text is read in, and where that stands. */
struct cursor {
    struct redact_place place;
    size_t word, end;
};

static void cursor_move(struct cursor *cursor, const char *text, size_t at)
{
    while (at >= cursor->end && text[at]) {
        if (cursor->end > cursor->word)
            redact_place_word(&cursor->place, text + cursor->word, cursor->end - cursor->word);
        size_t gap = strspn(text + cursor->end, REDACT_BREAKS);
        redact_place_gap(&cursor->place, text + cursor->end, gap);
        cursor->word = cursor->end + gap;
        cursor->end = cursor->word + strcspn(text + cursor->word, REDACT_BREAKS);
    }
}

/* "mysql -px", "sshpass -p x" */
static bool password_find(const struct cursor *cursor, const char *text, size_t at,
                          struct span *span)
{
    if (at != cursor->word)
        return false;
    size_t quotes = strspn(text + at, "\"'\\");
    size_t len = cursor->end - at, from = quotes < len ? quotes : len;
    size_t password = redact_place_password(&cursor->place, text + at + from, len - from);
    span->from = password ? at + from + password : at;
    span->to = value_end(text, span->from, " \t\r\n");
    return password < len - from;
}

const char *redact_text(const char *text, struct arena *arena)
{
    return redact_text_at(&(struct redact_place){ 0 }, text, arena);
}

const char *redact_text_at(const struct redact_place *place, const char *text, struct arena *arena)
{
    struct cursor cursor = { .place = *place };
    char *out = NULL;
    size_t used = 0, copied = 0;
    for (size_t at = 0; text[at];) {
        size_t len = 0;
        while (is_word(text[at + len]))
            len++;
        struct span span;
        cursor_move(&cursor, text, at);
        if (!password_find(&cursor, text, at, &span) &&
            (len == 0 || !secret_find(text, at, len, &span))) {
            at += len ? len : 1;
        } else {
            if (!out) /* each replacement takes at least one character: at most this much */
                out = arena_alloc(arena, strlen(text) + 1, sizeof(REDACTED));
            memcpy(out + used, text + copied, span.from - copied);
            used += span.from - copied;
            memcpy(out + used, REDACTED, strlen(REDACTED));
            used += strlen(REDACTED);
            at = copied = span.to;
        }
    }
    if (!out)
        return text;
    memcpy(out + used, text + copied, strlen(text + copied) + 1);
    return out;
}
