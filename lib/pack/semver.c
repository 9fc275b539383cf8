#include "lib/pack/semver.h"

#include <stdio.h>
#include <string.h>

#include "lib/pack/semver_text.h"

#define DIGITS  "0123456789"
#define LETTERS DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

/* A number without leading zeros, ended by what is not a digit. */
bool semver_number(const char **at, uint64_t *out)
{
    const char *text = *at;
    size_t len = strspn(text, DIGITS);
    uint64_t value = 0;
    if (len == 0 || (len > 1 && text[0] == '0'))
        return false;
    for (size_t i = 0; i < len; i++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    *out = value;
    *at += len;
    return true;
}

static bool is_numeric(const char *identifier, size_t len)
{
    return strspn(identifier, DIGITS) >= len;
}

/* Dotted identifiers up to one of the ends; numbers among them without leading zeros if strict. */
static bool identifiers_copy(const char **at, const char *ends, bool strict, char *out)
{
    const char *text = *at;
    for (;;) {
        size_t len = strspn(text, LETTERS);
        if (len == 0 || (strict && len > 1 && text[0] == '0' && is_numeric(text, len)))
            return false;
        text += len;
        if (*text != '.')
            break;
        text++;
    }
    size_t len = (size_t)(text - *at);
    if ((*text && !strchr(ends, *text)) || len >= SEMVER_MAX)
        return false;
    memcpy(out, *at, len);
    out[len] = '\0';
    *at = text;
    return true;
}

bool semver_tail(const char **at, const char *ends, struct semver *version)
{
    char pre_ends[16];
    (void)snprintf(pre_ends, sizeof(pre_ends), "+%s", ends);
    if (**at == '-') {
        (*at)++;
        if (!identifiers_copy(at, pre_ends, true, version->pre))
            return false;
    }
    if (**at == '+') {
        (*at)++;
        if (!identifiers_copy(at, ends, false, version->build))
            return false;
    }
    return true;
}

static bool read_all(const char *at, struct semver *out)
{
    return semver_number(&at, &out->major) && *at++ == '.' && semver_number(&at, &out->minor) &&
           *at++ == '.' && semver_number(&at, &out->patch) && semver_tail(&at, "", out) &&
           *at == '\0';
}

bool semver_parse(const char *text, struct semver *out, struct error *err)
{
    struct semver version = { 0 };
    if (strlen(text) <= LIMIT_VERSION_BYTES && read_all(text, &version)) {
        *out = version;
        return true;
    }
    error_set(err, INVALID, "\"%.64s\" is not a version as in semver.org", text);
    error_field(err, "version");
    if (*text == 'v' || *text == 'V')
        return error_hint(err, "leave the \"%c\" away", *text);
    return error_hint(err, "three numbers with dots between them, as in 1.2.3 or 1.2.3-beta.1");
}

void semver_print(const struct semver *version, char out[SEMVER_MAX])
{
    size_t used = (size_t)snprintf(out, SEMVER_MAX, "%ju.%ju.%ju", (uintmax_t)version->major,
                                   (uintmax_t)version->minor, (uintmax_t)version->patch);
    const char *const tails[] = { version->pre, version->build };
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(tails[i]);
        if (!len || used + 1 + len >= SEMVER_MAX)
            continue;
        out[used++] = "-+"[i];
        memcpy(out + used, tails[i], len + 1);
        used += len;
    }
}

static int number_compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* Numbers by value and below words, words by bytes (section 11.4). */
static int identifier_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
    bool a_number = is_numeric(a, a_len), b_number = is_numeric(b, b_len);
    if (a_number != b_number)
        return a_number ? -1 : 1;
    if (a_number && a_len != b_len)
        return a_len < b_len ? -1 : 1;
    int order = memcmp(a, b, a_len < b_len ? a_len : b_len);
    return order ? order : number_compare(a_len, b_len);
}

static int pre_compare(const char *a, const char *b)
{
    if (!*a || !*b)
        return (*a == '\0') - (*b == '\0');
    for (;;) {
        size_t a_len = strcspn(a, "."), b_len = strcspn(b, ".");
        int order = identifier_compare(a, a_len, b, b_len);
        if (order)
            return order;
        a += a_len;
        b += b_len;
        if (!*a || !*b)
            return (*a != '\0') - (*b != '\0');
        a++;
        b++;
    }
}

int semver_compare(const struct semver *a, const struct semver *b)
{
    int order = number_compare(a->major, b->major);
    if (!order)
        order = number_compare(a->minor, b->minor);
    if (!order)
        order = number_compare(a->patch, b->patch);
    return order ? order : pre_compare(a->pre, b->pre);
}

/*
 * Numbers as their count of digits and the digits, so that more digits sort higher. Behind the
 * three numbers '~' for a release; for a pre-release each identifier as ' ' and '0', three digits
 * of length, number or as ' ' and '1', word. ' ' sorts below all that an identifier can hold, so
 * that a word sorts below its extensions, and the end of text below more identifiers.
 */
void semver_key(const struct semver *version, char out[SEMVER_KEY_MAX])
{
    const uint64_t numbers[] = { version->major, version->minor, version->patch };
    char digits[24];
    size_t used = 0;
    for (size_t i = 0; i < 3; i++) {
        int len = snprintf(digits, sizeof(digits), "%ju", (uintmax_t)numbers[i]);
        used += (size_t)snprintf(out + used, SEMVER_KEY_MAX - used, "%02d%s.", len, digits);
    }
    if (!*version->pre)
        used += (size_t)snprintf(out + used, SEMVER_KEY_MAX - used, "~");
    for (const char *at = version->pre; *at;) {
        int len = (int)strcspn(at, ".");
        if (is_numeric(at, (size_t)len))
            used += (size_t)snprintf(out + used, SEMVER_KEY_MAX - used, " 0%03d%.*s", len, len, at);
        else
            used += (size_t)snprintf(out + used, SEMVER_KEY_MAX - used, " 1%.*s", len, at);
        at += len + (at[len] == '.');
    }
}
