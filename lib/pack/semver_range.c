/* Ranges: each comparator becomes one or two bounds. */
#include <string.h>

#include "lib/pack/semver.h"
#include "lib/pack/semver_text.h"

#define BLANKS " ,"
#define ENDS   " ,|"
#define LOWEST "0" /* no pre-release is below it */

enum operator{ PLAIN, CARET, TILDE, COMPARE };

/* A version of which the later numbers may be left out or be "x". */
struct partial {
    struct semver version;
    unsigned given; /* how many numbers, 0 to 3 */
};

static bool is_wild(char c)
{
    return c == 'x' || c == 'X' || c == '*';
}

static bool partial_read(const char **at, struct partial *out)
{
    uint64_t *const numbers[] = { &out->version.major, &out->version.minor, &out->version.patch };
    bool wild = false;
    for (unsigned i = 0; i < 3; i++) {
        if (i && **at != '.')
            break;
        *at += i > 0;
        if (is_wild(**at)) {
            wild = true;
            (*at)++;
        } else if (wild || !semver_number(at, numbers[i]))
            return false;
        else
            out->given = i + 1;
    }
    if (out->given == 3 && !wild && !semver_tail(at, ENDS, &out->version))
        return false;
    return **at == '\0' || strchr(ENDS, **at);
}

static bool bound_add(struct semver_range *range, enum semver_op op, const struct semver *version)
{
    if (range->count == SEMVER_COMPARATORS_MAX)
        return false;
    struct semver_comparator *bound = &range->comparators[range->count++];
    bound->op = op;
    bound->set = range->sets;
    bound->version = *version;
    bound->version.build[0] = '\0';
    return true;
}

/* Below the next version whose first `kept` numbers differ; its own pre-releases are not below it.
 */
static bool ceiling_add(struct semver_range *range, const struct semver *version, unsigned kept)
{
    struct semver next = { .major = version->major, .minor = version->minor };
    uint64_t *number = &next.major;
    if (kept == 2)
        number = &next.minor;
    else if (kept == 3) {
        next.patch = version->patch;
        number = &next.patch;
    } else
        next.minor = 0;
    if (__builtin_add_overflow(*number, 1, number))
        return false;
    memcpy(next.pre, LOWEST, sizeof(LOWEST));
    return bound_add(range, SEMVER_LT, &next);
}

/* How many numbers must stay under '^': up to the first that is not 0. */
static unsigned caret_kept(const struct partial *partial)
{
    if (partial->version.major || partial->given == 1)
        return 1;
    return partial->version.minor || partial->given == 2 ? 2 : 3;
}

static bool span_add(struct semver_range *range, const struct partial *partial, unsigned kept)
{
    return bound_add(range, SEMVER_GE, &partial->version) &&
           (partial->given == 0 || ceiling_add(range, &partial->version, kept));
}

/* <, <=, > and >= with numbers left out speak of all the versions that the text stands for. */
static bool compare_add(struct semver_range *range, enum semver_op op,
                        const struct partial *partial)
{
    struct partial edge = *partial;
    if (partial->given == 3 || op == SEMVER_LT || op == SEMVER_GE)
        return bound_add(range, op, &edge.version);
    if (partial->given == 0)
        return op == SEMVER_LE ? span_add(range, partial, 0)
                               : bound_add(range, SEMVER_LT, &edge.version);
    if (op == SEMVER_LE)
        return ceiling_add(range, &edge.version, partial->given);
    uint64_t *number = partial->given == 1 ? &edge.version.major : &edge.version.minor;
    return !__builtin_add_overflow(*number, 1, number) &&
           bound_add(range, SEMVER_GE, &edge.version);
}

static enum operator operator_read(const char **at, enum semver_op *op)
{
    const char *text = *at;
    bool equal = text[0] && text[1] == '=';
    enum operator kind = PLAIN;
    if (*text == '^' || *text == '~') {
        kind = *text == '^' ? CARET : TILDE;
        equal = false;
    } else if (*text == '<' || *text == '>') {
        kind = COMPARE;
        *op = *text == '<' ? (equal ? SEMVER_LE : SEMVER_LT) : (equal ? SEMVER_GE : SEMVER_GT);
    } else if (*text == '=')
        equal = false;
    else
        return PLAIN;
    *at += 1 + equal;
    *at += strspn(*at, " ");
    return kind;
}

static bool comparator_read(struct semver_range *range, const char **at)
{
    struct partial partial = { 0 };
    enum semver_op op = SEMVER_EQ;
    enum operator kind = operator_read(at, &op);
    if (!partial_read(at, &partial))
        return false;
    switch (kind) {
    case CARET:
        return span_add(range, &partial, caret_kept(&partial));
    case TILDE:
        return span_add(range, &partial, partial.given == 1 ? 1 : 2);
    case COMPARE:
        return compare_add(range, op, &partial);
    case PLAIN:
        break;
    }
    return partial.given == 3 ? bound_add(range, SEMVER_EQ, &partial.version)
                              : span_add(range, &partial, partial.given);
}

static bool sets_read(const char *at, struct semver_range *range)
{
    for (bool some = false;;) {
        at += strspn(at, BLANKS);
        if (some && (!*at || *at == '|')) {
            range->sets++;
            if (!*at)
                return true;
            if (at[1] != '|')
                return false;
            at += 2;
            some = false;
        } else if (comparator_read(range, &at))
            some = true;
        else
            return false;
    }
}

bool semver_range_parse(const char *text, struct semver_range *out, struct error *err)
{
    struct semver_range range = { 0 };
    if (strlen(text) <= LIMIT_VERSION_BYTES && sets_read(text, &range)) {
        *out = range;
        return true;
    }
    error_set(err, INVALID, "\"%.64s\" is not a range of versions", text);
    return error_hint(err, "as in ^1.2, ~1.2.3, >=1.0 <3, or 1.x || 2.x");
}

static bool holds(const struct semver_comparator *bound, const struct semver *version)
{
    int order = semver_compare(version, &bound->version);
    switch (bound->op) {
    case SEMVER_LT:
        return order < 0;
    case SEMVER_LE:
        return order <= 0;
    case SEMVER_EQ:
        return order == 0;
    case SEMVER_GE:
        return order >= 0;
    case SEMVER_GT:
        return order > 0;
    }
    __builtin_unreachable();
}

static bool names_pre_release(const struct semver_comparator *bound, const struct semver *version)
{
    const struct semver *named = &bound->version;
    bool ceiling = bound->op == SEMVER_LT && strcmp(named->pre, LOWEST) == 0;
    return *named->pre && !ceiling && named->major == version->major &&
           named->minor == version->minor && named->patch == version->patch;
}

bool semver_range_matches(const struct semver_range *range, const struct semver *version)
{
    for (unsigned set = 0; set < range->sets; set++) {
        bool all = true, allowed = *version->pre == '\0';
        for (unsigned i = 0; i < range->count; i++) {
            const struct semver_comparator *bound = &range->comparators[i];
            if (bound->set != set)
                continue;
            all = all && holds(bound, version);
            allowed = allowed || names_pre_release(bound, version);
        }
        if (all && allowed)
            return true;
    }
    return false;
}
