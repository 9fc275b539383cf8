#include <string.h>

#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "sandbox/audit/redact.h"

/* A script may have a script as an argument. What is deeper is one text. */
#define DEPTH_MAX 4

/* What stands before an argument. */
struct before {
    const char *word; /* of the same command, or "" */
    struct redact_place place;
};

static const char *script_redact(const char *text, unsigned depth, struct arena *arena);

/* UTF-8, whatever it was, of bounded length. */
static const char *word_bound(const char *word, struct arena *arena)
{
    if (!text_is_utf8(word, strlen(word)))
        word = text_escape(word, arena);
    size_t len = strlen(word);
    if (len <= LIMIT_AUDIT_WORD_BYTES)
        return word;
    len = LIMIT_AUDIT_WORD_BYTES;
    while (len && ((unsigned char)word[len] & 0xc0) == 0x80)
        len--;
    return arena_printf(arena, "%.*s[CUT]", (int)len, word);
}

/* curl's "name:password"; -u may also be what an address stands behind. */
static const char *login_redact(const char *word, struct arena *arena)
{
    const char *colon = strchr(word, ':');
    if (!colon || strstr(word, "://"))
        return redact_text(word, arena);
    return arena_printf(arena, "%.*s:" REDACTED, (int)(colon - word), word);
}

/* "-c", "-lc", "eval": the word behind it is a script, whose words are looked at one by one. */
static bool takes_script(const char *word)
{
    if (strcmp(word, "--command") == 0 || strcmp(word, "eval") == 0)
        return true;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    return word[0] == '-' && strchr(word, 'c') && word[1 + strspn(word + 1, letters)] == '\0';
}

/* An argument, by what stands before it. */
static const char *argument_redact(const struct before *before, const char *word, unsigned depth,
                                   struct arena *arena)
{
    size_t len = strlen(word), password = redact_place_password(&before->place, word, len);
    if (redact_is_flag(before->word, strlen(before->word)))
        return REDACTED;
    if (password < len)
        return arena_printf(arena, "%.*s" REDACTED, (int)password, word);
    if (redact_is_login_flag(before->word, strlen(before->word)))
        return login_redact(word, arena);
    if (depth < DEPTH_MAX && takes_script(before->word))
        return script_redact(word, depth + 1, arena);
    /* the other half of this quote stands before a substitution: the command's words follow it */
    return word[0] == '"' ? redact_text_at(&before->place, word, arena) : redact_text(word, arena);
}

static void before_move(struct before *before, const char *word)
{
    before->word = word;
    redact_place_word(&before->place, word, strlen(word));
}

/* Whether it has one pair of quotes, around all of it. */
static bool is_quoted(const char *word)
{
    size_t len = strlen(word);
    char quote = word[0];
    return len >= 2 && (quote == '\'' || quote == '"') &&
           strchr(word + 1, quote) == word + len - 1 && !(quote == '"' && strchr(word, '\\'));
}

static bool is_substitution(const char *text)
{
    return text[0] == '`' || (text[0] == '$' && text[1] == '(');
}

/* As a shell reads it, but that it ends before a substitution also. */
static size_t word_length(const char *text)
{
    char quote = '\0';
    bool literal = false; /* backslashes are: not in $'...' */
    size_t at = 0;
    for (; text[at]; at++) {
        char c = text[at];
        bool breaks = quote == '\0' && strchr(REDACT_BREAKS, c);
        if (breaks || (at > 0 && quote != '\'' && is_substitution(text + at)))
            break;
        if (c == '\\' && !literal) {
            at += text[at + 1] != '\0';
        } else if (c == quote) {
            quote = '\0';
            literal = false;
        } else if (!quote && (c == '"' || c == '\'')) {
            quote = c;
            literal = c == '\'' && (at == 0 || text[at - 1] != '$');
        }
    }
    return at;
}

/* What stands between two words. */
static size_t gap_length(const char *text)
{
    for (size_t len = 0;;) {
        if (text_starts(text + len, "\\\n")) /* one line, written as two */
            len += 2;
        else if (text[len] && strchr(REDACT_BREAKS, text[len]))
            len++;
        else
            return len;
    }
}

/* The words on both sides are of one command. */
static bool gap_is_blank(const char *gap, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (gap[i] != ' ' && gap[i] != '\t' && gap[i] != '\\' && (i == 0 || gap[i - 1] != '\\'))
            return false;
    return true;
}

static const char *script_word(const struct before *before, const char *word, unsigned depth,
                               struct arena *arena)
{
    if (word[0] == '#') /* a comment */
        return redact_text(word, arena);
    if (!is_quoted(word))
        return argument_redact(before, word, depth, arena);
    const char *bare = arena_strndup(arena, word + 1, strlen(word) - 2);
    return arena_printf(arena, "%c%s%c", word[0], argument_redact(before, bare, depth, arena),
                        word[0]);
}

/* What has been read of a script, and what is left of it. */
struct script {
    const char *at;
    char *out;
    size_t used;
    struct before before;
    const char *marker; /* of a here-document that begins on the next line, or NULL */
};

static void script_add(struct script *script, const char *text, size_t len)
{
    memcpy(script->out + script->used, text, len);
    script->used += len;
}

/* "<<EOF", "<<-'EOF'" */
static const char *marker_of(const char *word, struct arena *arena)
{
    word += *word == '-';
    word += *word == '\\';
    return is_quoted(word) ? arena_strndup(arena, word + 1, strlen(word) - 2) : word;
}

/* From the end of a line on: the lines up to and with the marker. */
static size_t document_length(const char *text, const char *marker)
{
    const char *line = text;
    do {
        line++;
        line += strspn(line, "\t");
        size_t len = strcspn(line, "\n");
        if (len == strlen(marker) && memcmp(line, marker, len) == 0)
            return (size_t)(line - text) + len;
        line += len;
    } while (*line);
    return strlen(text);
}

/* To the next word; says whether a here-document's marker is what stands there. */
static bool script_gap(struct script *script, struct arena *arena)
{
    size_t len = gap_length(script->at);
    const char *line_end = memchr(script->at, '\n', len);
    if (script->marker && line_end) { /* its lines are text, not words */
        len = (size_t)(line_end - script->at);
        script_add(script, script->at, len);
        size_t lines = document_length(line_end, script->marker);
        const char *left = redact_text(arena_strndup(arena, line_end, lines), arena);
        script_add(script, left, strlen(left));
        script->at = line_end + lines;
        script->before = (struct before){ .word = "" };
        script->marker = NULL;
        return false;
    }
    bool document = memmem(script->at, len, "<<", 2) && !memmem(script->at, len, "<<<", 3);
    if (!gap_is_blank(script->at, len))
        script->before.word = "";
    redact_place_gap(&script->before.place, script->at, len);
    script_add(script, script->at, len);
    script->at += len;
    return document;
}

/*
 * Word by word, so that what is hidden ends where the word does: what follows a secret is as much
 * what was run as what stands before it. A script that no shell would read may be read otherwise
 * here, in which case more of it is taken for one word, and redact_text looks for secrets in that.
 */
static const char *script_redact(const char *text, unsigned depth, struct arena *arena)
{
    /* each replacement takes at least one character: at most this much */
    char *out = arena_alloc(arena, strlen(text) + 1, sizeof(REDACTED));
    struct script script = { .at = text, .out = out, .before.word = "" };
    while (*script.at) {
        bool document = script_gap(&script, arena);
        size_t len = *script.at == '#' ? strcspn(script.at, "\r\n") : word_length(script.at);
        if (!len)
            continue;
        const char *word = arena_strndup(arena, script.at, len);
        const char *left = script_word(&script.before, word, depth, arena);
        script_add(&script, left, strlen(left));
        script.at += len;
        before_move(&script.before,
                    is_quoted(word) ? arena_strndup(arena, word + 1, len - 2) : word);
        if (document)
            script.marker = marker_of(word, arena);
    }
    out[script.used] = '\0';
    return out;
}

struct doc *redact_command(const char *const *command, struct arena *arena, size_t *cut)
{
    struct doc *list = doc_new(arena, DOC_LIST);
    size_t bytes = 0, left = 0;
    struct before before = { .word = "" };
    for (; *command; command++) {
        const char *word = argument_redact(&before, word_bound(*command, arena), 0, arena);
        bytes += strlen(word);
        if (left == 0 && bytes <= LIMIT_AUDIT_COMMAND_BYTES)
            doc_add_text(arena, list, NULL, word);
        else
            left++;
        if (strcmp(*command, "--") != 0) /* "sh -c -- SCRIPT" */
            before_move(&before, *command);
    }
    *cut = left;
    return list;
}
