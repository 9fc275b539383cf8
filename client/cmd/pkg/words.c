#include "client/cmd/pkg/words.h"

#include <string.h>

#include "lib/base/text.h"

#define NAMES_MAX 100 /* of one line; the rest is counted */

struct folded {
    int risk;
    const char *text;
    size_t verb_len; /* how much of text is what is said; 0: a line of its own */
    size_t names;
};

/* How much of a line is said of the path, host or variable that the rest names. */
static size_t verb_len(const char *text)
{
    static const char *const starts[] = { "now: ", "no longer: " };
    static const char *const verbs[] = {
        "may read and change ", "may read ",      "may write to ",      "may run ",
        "may connect to ",      "never touches ", "never connects to ", "variables: ",
    };
    size_t at = 0;
    for (size_t i = 0; i < COUNT(starts) && !at; i++)
        if (text_starts(text, starts[i]))
            at = strlen(starts[i]);
    for (size_t i = 0; i < COUNT(verbs); i++)
        if (text_starts(text + at, verbs[i]))
            return at + strlen(verbs[i]);
    return 0;
}

static bool says_the_same(const struct folded *a, const struct folded *b)
{
    return a->verb_len && a->verb_len == b->verb_len && a->risk == b->risk &&
           strncmp(a->text, b->text, a->verb_len) == 0;
}

static void line_take(struct list *folded, const struct folded *line, struct arena *arena)
{
    struct folded *items = folded->items;
    for (struct folded *same = items; same < items + folded->count; same++) {
        if (!says_the_same(same, line))
            continue;
        if (same->names++ < NAMES_MAX)
            same->text = arena_printf(arena, "%s, %s", same->text, line->text + line->verb_len);
        return;
    }
    items[folded->count++] = *line;
}

void words_fold(const struct list *lines, struct arena *arena, struct list *out)
{
    struct list folded = { ARENA_ARRAY(arena, struct folded, lines->count + 1), 0 };
    LIST_FOREACH (*lines, const struct words_line, line) {
        struct folded one = { .risk = line->risk, .text = line->text, .names = 1 };
        one.verb_len = verb_len(line->text);
        const char *name = line->text + one.verb_len;
        if (text_starts(name, "the ") || text_starts(name, "any ")) /* a sentence, not a name */
            one.verb_len = 0;
        line_take(&folded, &one, arena);
    }
    struct words_line *made = ARENA_ARRAY(arena, struct words_line, folded.count + 1);
    *out = (struct list){ made, folded.count };
    LIST_FOREACH (folded, const struct folded, line) {
        made->risk = line->risk;
        made++->text = line->names <= NAMES_MAX ? line->text
                                                : arena_printf(arena, "%s and %zu more", line->text,
                                                               line->names - NAMES_MAX);
    }
}

void words_print(const char *mark, enum ui_style style, const char *text, FILE *stream)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    fputs(ui_style(style, stream), stream);
    ui_paragraph(arena_printf(arena, "  %s ", mark), text, stream);
    fputs(ui_style(UI_PLAIN, stream), stream);
}

const char *words_at_home(const char *text, const char *home, struct arena *arena)
{
    const char *out = "";
    size_t len = strlen(home);
    for (const char *at; (at = strstr(text, home)); text = at + len) {
        bool whole = (at == text || at[-1] == ' ') && (at[len] == '/' || !at[len]);
        out = arena_printf(arena, "%s%.*s%s", out, (int)(at - text), text, whole ? "~" : home);
    }
    return arena_printf(arena, "%s%s", out, text);
}
