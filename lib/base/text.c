#include "lib/base/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/encode.h"

#define JSON_ESCAPE_LEN 6 /* \uNNNN */

bool text_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends(const char *text, const char *suffix)
{
    size_t len = strlen(text), tail = strlen(suffix);
    return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

/* How many bytes a sequence has by its first, or 0 when none may begin so. */
static size_t length_by_first(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* The length of the UTF-8 sequence at the start of text, or 0 when it is malformed. */
static size_t sequence_length(const unsigned char *text, size_t len)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t need = length_by_first(text[0]);
    if (need <= 1 || need > len)
        return need > len ? 0 : need;
    uint32_t point = text[0] & (0x7fU >> need);
    for (size_t i = 1; i < need; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (text[i] & 0x3fU);
    }
    bool good = point >= least[need] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    return good ? need : 0;
}

/* Most text is ASCII: it is read eight bytes at once. */
static bool eight_are_ascii(const unsigned char *text, size_t len)
{
    uint64_t eight;
    if (len < sizeof(eight))
        return false;
    memcpy(&eight, text, sizeof(eight));
    return !(eight & 0x8080808080808080U);
}

bool text_is_utf8(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < len;) {
        bool ascii = eight_are_ascii(bytes + i, len - i);
        size_t step = ascii ? sizeof(uint64_t) : sequence_length(bytes + i, len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

/* U+2028 to U+202E and U+2066 to U+2069: they end a line, or show what follows in another order. */
static bool is_reordering(const unsigned char *at)
{
    return at[0] == 0xe2 && ((at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae) ||
                             (at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9));
}

static bool is_control(const unsigned char *at, size_t step)
{
    return (step == 1 && (*at < 0x20 || *at == 0x7f)) ||
           (step == 2 && at[0] == 0xc2 && at[1] < 0xa0) || (step == 3 && is_reordering(at));
}

bool text_is_printable(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        size_t step = sequence_length(bytes + i, len - i);
        if (step == 0 || is_control(bytes + i, step))
            return false;
        i += step;
    }
    return true;
}

size_t text_length(const char *text)
{
    size_t length = 0;
    for (; *text; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

bool text_is_line(const char *text, size_t least, size_t most)
{
    size_t length = text_length(text);
    return length >= least && length <= most && text_is_printable(text);
}

/* One segment against one pattern segment; backtracks over the last star only. */
static bool segment_match(const char *pattern, size_t pattern_len, const char *text, size_t len)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < len) {
        if (p < pattern_len && pattern[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern_len && (pattern[p] == '?' || pattern[p] == text[t])) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern_len && pattern[p] == '*')
        p++;
    return p == pattern_len;
}

/* As segment_match, a level up: segments are the letters and `**` is the star. */
bool text_glob(const char *pattern, const char *path)
{
    const char *star = NULL, *mark = NULL;
    while (path) {
        size_t path_len = strcspn(path, "/");
        size_t pattern_len = pattern ? strcspn(pattern, "/") : 0;
        if (pattern && pattern_len == 2 && memcmp(pattern, "**", 2) == 0) {
            star = pattern = pattern[2] ? pattern + 3 : NULL;
            mark = path;
            if (!pattern)
                return true;
            continue;
        }
        if (pattern && segment_match(pattern, pattern_len, path, path_len)) {
            pattern = pattern[pattern_len] ? pattern + pattern_len + 1 : NULL;
            path = path[path_len] ? path + path_len + 1 : NULL;
            continue;
        }
        if (!star)
            return false;
        mark += strcspn(mark, "/");
        if (!*mark)
            return false;
        path = ++mark;
        pattern = star;
    }
    return !pattern || strcmp(pattern, "**") == 0;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Levenshtein distance of short words; long ones are far apart. */
static size_t distance(const char *a, const char *b)
{
    enum { WORD = 48 };
    size_t row[WORD + 1], a_len = strlen(a), b_len = strlen(b);
    if (a_len > WORD || b_len > WORD)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];
            row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

const char *text_nearest(const char *typed, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t least = strlen(typed) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t away = distance(typed, names[i]);
        if (away < least) {
            least = away;
            best = names[i];
        }
    }
    return best;
}

static size_t byte_escape(unsigned char byte, char *out)
{
    memcpy(out, "\\x", 2);
    hex_encode(&byte, 1, out + 2);
    return 4;
}

const char *text_escape(const char *text, struct arena *arena)
{
    size_t len = strlen(text), at = 0;
    const unsigned char *bytes = (const unsigned char *)text;
    char *out = arena_alloc(arena, len * 4 + 1, 1);
    for (size_t i = 0; i < len;) {
        size_t step = sequence_length(bytes + i, len - i);
        if (step > 0 && !is_control(bytes + i, step)) {
            memcpy(out + at, text + i, step);
            at += step;
            i += step;
            continue;
        }
        for (size_t k = step ? step : 1; k > 0; k--)
            at += byte_escape(bytes[i++], out + at);
    }
    out[at] = '\0';
    return out;
}

/* The length of what is at the beginning; *out_control when JSON lets it stand though it is one. */
static size_t json_step(const unsigned char *at, size_t left, bool *out_control)
{
    size_t step = sequence_length(at, left);
    *out_control = step > 0 && *at >= 0x7f && is_control(at, step);
    return step ? step : 1;
}

static unsigned code_point(const unsigned char *at, size_t step)
{
    unsigned point = step == 1 ? at[0] : at[0] & (0xffU >> (step + 1));
    for (size_t i = 1; i < step; i++)
        point = point << 6 | (at[i] & 0x3fU);
    return point;
}

const char *text_escape_json(const char *json, struct arena *arena)
{
    const unsigned char *bytes = (const unsigned char *)json;
    size_t len = strlen(json), at = 0, count = 0;
    bool control;
    for (size_t i = 0; i < len; count += control)
        i += json_step(bytes + i, len - i, &control);
    if (count == 0)
        return json;
    char *out = arena_alloc(arena, len + count * JSON_ESCAPE_LEN + 1, 1);
    for (size_t i = 0, step; i < len; i += step) {
        step = json_step(bytes + i, len - i, &control);
        if (control)
            (void)snprintf(out + at, JSON_ESCAPE_LEN + 1, "\\u%04X",
                           code_point(bytes + i, step) & 0xffffU);
        else
            memcpy(out + at, json + i, step);
        at += control ? JSON_ESCAPE_LEN : step;
    }
    out[at] = '\0';
    return out;
}

bool text_append(char *out, size_t size, const char *text, size_t len)
{
    size_t used = strlen(out);
    if (len >= size - used)
        return false;
    memcpy(out + used, text, len);
    out[used + len] = '\0';
    return true;
}

void text_mend(char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len;) {
        size_t step = sequence_length((const unsigned char *)text + i, len - i);
        if (step == 0 || is_control((const unsigned char *)text + i, step)) {
            step = step ? step : 1;
            memset(text + i, '?', step);
        }
        i += step;
    }
}
