#include "lib/yaml/scalar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool is_any(const char *text, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, names[i]) == 0)
            return true;
    return false;
}

static size_t digits_of(const char *text)
{
    return strspn(text, "0123456789");
}

static bool is_integer(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t digits = digits_of(text);
    return digits && !text[digits];
}

/* 0x1f or 0o17, which have no sign. */
static int base_of(const char *text)
{
    if (text[0] != '0' || !text[1] || !text[2])
        return 0;
    if (text[1] == 'x' && strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2))
        return 16;
    if (text[1] == 'o' && strspn(text + 2, "01234567") == strlen(text + 2))
        return 8;
    return 0;
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_real(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = digits_of(text), fraction = 0;
    text += whole;
    if (*text == '.') {
        fraction = digits_of(text + 1);
        text += 1 + fraction;
    }
    if (!whole && !fraction)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        size_t digits = digits_of(text);
        if (!digits)
            return false;
        text += digits;
    }
    return !*text;
}

static bool is_endless(const char *text)
{
    static const char *const names[] = { ".nan", ".NaN", ".NAN" };
    static const char *const infinite[] = { ".inf", ".Inf", ".INF" };
    if (is_any(text, names, COUNT(names)))
        return true;
    text += *text == '-' || *text == '+';
    return is_any(text, infinite, COUNT(infinite));
}

static bool read_based(const char *text, int base, struct doc *doc)
{
    errno = 0;
    unsigned long long value = strtoull(text + 2, NULL, base);
    doc->kind = DOC_INTEGER;
    doc->integer = (int64_t)value;
    return !errno && value <= INT64_MAX;
}

static bool read_number(const char *text, struct doc *doc, bool *found)
{
    *found = true;
    int base = base_of(text);
    if (base)
        return read_based(text, base, doc);
    errno = 0;
    if (is_integer(text)) {
        doc->kind = DOC_INTEGER;
        doc->integer = strtoll(text, NULL, 10);
        return !errno;
    }
    if (is_real(text)) {
        doc->kind = DOC_REAL;
        doc->real = strtod(text, NULL);
        return doc->real <= 1.7976931348623157e308 && doc->real >= -1.7976931348623157e308;
    }
    *found = false;
    return !is_endless(text);
}

bool yaml_scalar_read(const char *text, size_t len, struct arena *arena, struct doc *doc)
{
    static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };
    static const char *const trues[] = { "true", "True", "TRUE" };
    static const char *const falses[] = { "false", "False", "FALSE" };
    bool number;

    if (is_any(text, nulls, COUNT(nulls))) {
        doc->kind = DOC_NULL;
        return true;
    }
    doc->boolean = is_any(text, trues, COUNT(trues));
    if (doc->boolean || is_any(text, falses, COUNT(falses))) {
        doc->kind = DOC_BOOL;
        return true;
    }
    if (!read_number(text, doc, &number))
        return false;
    if (!number) {
        doc->kind = DOC_TEXT;
        doc->text = arena_strndup(arena, text, len);
        doc->len = len;
    }
    return true;
}
