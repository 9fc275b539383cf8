#include "registry/api/markdown.h"

#include <cmark.h>
#include <string.h>
#include <strings.h>

#include "lib/base/cleanup.h"
#include "lib/base/text.h"
#include "registry/api/markdown_table.h"

DEFINE_CLEANUP(cmark_node *, cmark_node_free)
DEFINE_CLEANUP(cmark_iter *, cmark_iter_free)

static bool has_scheme(const char *url)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-";
    return *url && strchr(letters, *url) && url[strspn(url, more)] == ':';
}

static bool is_relative(const char *url)
{
    return *url && !strchr("/\\#?", *url) && !has_scheme(url);
}

/* Of how many dots a segment is, as browsers read them; 0 when anything else is in it. */
static size_t dots_count(const char *segment, size_t len)
{
    size_t dots = 0;
    for (size_t at = 0; at < len; dots++) {
        if (segment[at] == '.')
            at++;
        else if (strncasecmp(segment + at, "%2e", 3) == 0)
            at += 3;
        else
            return 0;
    }
    return dots;
}

/* That no dot segment leads above where the path begins. Some readers take '\' for a slash. */
static bool stays_below(const char *path)
{
    size_t end = strcspn(path, "?#"), depth = 0;
    if (memchr(path, '\\', end))
        return false;
    for (size_t at = 0, len; at < end; at += len + 1) {
        len = strcspn(path + at, "/?#");
        size_t dots = dots_count(path + at, len);
        if (dots == 2 && depth == 0)
            return false;
        if (dots == 2)
            depth--;
        else if (dots != 1)
            depth++;
    }
    return true;
}

/* Where the walk is: links cannot stand in links, whatever the images between them. */
struct walk {
    const char *base;
    struct arena *arena;
    size_t links, images; /* that are open */
    bool linked;          /* the outermost image's description has a link */
};

static void address_resolve(const struct walk *walk, cmark_node *node)
{
    const char *url = cmark_node_get_url(node);
    if (is_relative(url))
        (void)cmark_node_set_url(node, arena_printf(walk->arena, "%s%s", walk->base, url));
}

/* A browser fetches an image unasked, and with the reader's cookie: from the version's own files
 * alone, or out of the address itself. */
static bool may_load(const struct walk *walk, const char *url)
{
    return strncasecmp(url, "data:", 5) == 0 ||
           (text_starts(url, walk->base) && stays_below(url + strlen(walk->base)));
}

/* What stands for the image is a link with its description, or that alone where no link may be. */
static void image_unload(const struct walk *walk, cmark_node *image)
{
    cmark_node *link = NULL;
    if (walk->links == 0 && walk->images == 0 && !walk->linked && cmark_node_first_child(image)) {
        link = cmark_node_new(CMARK_NODE_LINK);
        (void)cmark_node_set_url(link, cmark_node_get_url(image));
        (void)cmark_node_insert_before(image, link);
    }
    for (cmark_node *child; (child = cmark_node_first_child(image));) {
        cmark_node_unlink(child);
        if (!(link ? cmark_node_append_child(link, child) : cmark_node_insert_before(image, child)))
            cmark_node_free(child);
    }
    cmark_node_free(image);
}

static void link_walk(struct walk *walk, cmark_node *link, bool enters)
{
    if (enters) {
        walk->links++;
        walk->linked = walk->linked || walk->images > 0;
    } else {
        walk->links--;
        address_resolve(walk, link);
    }
}

/* Only behind its end may a node be replaced. */
static void image_walk(struct walk *walk, cmark_node *image, bool enters)
{
    if (enters) {
        walk->images++;
        return;
    }
    walk->images--;
    address_resolve(walk, image);
    if (!may_load(walk, cmark_node_get_url(image)))
        image_unload(walk, image);
    if (walk->images == 0)
        walk->linked = false;
}

static void addresses_resolve(struct walk *walk, cmark_node *document)
{
    CLEANUP(cmark_iter_freep) cmark_iter *iter = cmark_iter_new(document);
    for (cmark_event_type event; (event = cmark_iter_next(iter)) != CMARK_EVENT_DONE;) {
        cmark_node *node = cmark_iter_get_node(iter);
        cmark_node_type type = cmark_node_get_type(node);
        if (type == CMARK_NODE_LINK)
            link_walk(walk, node, event == CMARK_EVENT_ENTER);
        else if (type == CMARK_NODE_IMAGE)
            image_walk(walk, node, event == CMARK_EVENT_ENTER);
    }
}

/*
 * What one line opens: quotations and list items within each other. cmark takes the square of that
 * for the line, and the cube with emphasis in it: 60 KB of ">" and "a*" kept it busy for seconds.
 */
#define NESTING_MAX 100

/* Behind a mark that opens a quotation or a list item, or NULL. */
static const char *container_skip(const char *at)
{
    at += strspn(at, " \t");
    if (*at == '>')
        return at + 1;
    size_t digits = strspn(at, "0123456789");
    const char *mark = at + digits;
    if (!*mark || !strchr(digits ? ".)" : "-+*", *mark))
        return NULL;
    return mark[1] == ' ' || mark[1] == '\t' ? mark + 1 : NULL;
}

static bool nests_too_deep(const char *text)
{
    for (const char *line = text; *line; line += strcspn(line, "\n\r"), line += *line != '\0') {
        size_t depth = 0;
        for (const char *at = line; (at = container_skip(at));)
            if (++depth > NESTING_MAX)
                return true;
    }
    return false;
}

/* As it was written. */
static bool plain_html(const char *text, struct arena *arena, const char **out)
{
    CLEANUP(cmark_node_freep) cmark_node *document = cmark_node_new(CMARK_NODE_DOCUMENT);
    cmark_node *block = cmark_node_new(CMARK_NODE_CODE_BLOCK);
    (void)cmark_node_set_literal(block, text);
    (void)cmark_node_append_child(document, block);
    CLEANUP(freep) char *html = cmark_render_html(document, CMARK_OPT_SAFE);
    *out = arena_strndup(arena, html, strlen(html));
    return true;
}

bool markdown_html(const char *text, size_t len, const char *base, struct arena *arena,
                   const char **out, struct error *err)
{
    if (nests_too_deep(text))
        return plain_html(text, arena, out);
    CLEANUP(cmark_node_freep)
    cmark_node *document = cmark_parse_document(text, len, CMARK_OPT_DEFAULT);
    struct tables tables;
    if (!tables_find(text, len, document, arena, &tables, err))
        return false;
    if (tables.text) {
        cmark_node_free(document);
        document = cmark_parse_document(tables.text, tables.len, CMARK_OPT_DEFAULT);
    }
    struct walk walk = { .base = base, .arena = arena };
    addresses_resolve(&walk, document);
    if (tables.text && !tables_put(&tables, document, err))
        return false;
    CLEANUP(freep) char *html = cmark_render_html(document, CMARK_OPT_SAFE);
    *out = arena_strndup(arena, html, strlen(html));
    return true;
}
