#include "registry/api/markdown_table.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/cleanup.h"
#include "lib/base/mem.h"

#define COLUMNS_MAX 64
#define CELLS_MAX   20000 /* of a text: short rows are filled up */

/*
 * Stands before a cell, so that nothing in it begins a list or a heading: a character of the
 * private use area, and a blank because emphasis looks at what is before it.
 */
#define MARK     "\xee\x80\x80"
#define MARK_LEN (sizeof(MARK) - 1)

static const char *const aligned[] = { "", " align=\"left\"", " align=\"right\"",
                                       " align=\"center\"" };
enum { ALIGN_NONE, ALIGN_LEFT, ALIGN_RIGHT, ALIGN_CENTER }; /* places in it */

struct span {
    const char *at, *end;
};

struct table {
    size_t header, end; /* lines of the text, counted from 0; end is behind the last */
    size_t columns, rows;
    size_t place; /* the line of the first cell in tables.text, counted from 1; the next are 2 on */
    unsigned char align[COLUMNS_MAX];
};

struct finding {
    struct span *lines;
    size_t line_count;
    struct table *tables;
    size_t count, capacity, cells;
    struct buf out;
    size_t out_lines;
};

static void lines_read(const char *text, size_t len, struct arena *arena, struct finding *finding)
{
    const char *end = text + len;
    size_t most = 1;
    for (const char *at = text; at < end; at++)
        most += *at == '\n' || *at == '\r';
    finding->lines = ARENA_ARRAY(arena, struct span, most);
    for (const char *at = text; at < end; at++) {
        if (*at != '\n' && *at != '\r')
            continue;
        finding->lines[finding->line_count++] = (struct span){ text, at };
        at += at + 1 < end && at[0] == '\r' && at[1] == '\n';
        text = at + 1;
    }
    if (text < end)
        finding->lines[finding->line_count++] = (struct span){ text, end };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span span_trim(struct span span)
{
    while (span.at < span.end && is_blank(*span.at))
        span.at++;
    while (span.at < span.end && is_blank(span.end[-1]))
        span.end--;
    return span;
}

/* A row without the pipe that may begin it. */
static struct span row_begin(struct span line)
{
    struct span row = span_trim(line);
    row.at += row.at < row.end && *row.at == '|';
    return row;
}

/* The next cell of a row, which is moved behind the cell's pipe. False at the row's end. */
static bool cell_next(struct span *row, struct span *out)
{
    const char *at = row->at;
    if (at == row->end)
        return false;
    while (at < row->end && *at != '|')
        at += *at == '\\' && at + 1 < row->end ? 2 : 1;
    *out = span_trim((struct span){ row->at, at });
    row->at = at + (at < row->end);
    return true;
}

/* ":--", "--:", ":-:" or "---" */
static bool align_read(struct span cell, unsigned char *out)
{
    bool left = cell.at < cell.end && *cell.at == ':';
    cell.at += left;
    bool right = cell.at < cell.end && cell.end[-1] == ':';
    cell.end -= right;
    if (cell.at >= cell.end)
        return false;
    for (; cell.at < cell.end; cell.at++)
        if (*cell.at != '-')
            return false;
    *out = left ? (right ? ALIGN_CENTER : ALIGN_LEFT) : (right ? ALIGN_RIGHT : ALIGN_NONE);
    return true;
}

static bool has_pipe(struct span line)
{
    return memchr(line.at, '|', (size_t)(line.end - line.at));
}

static bool delimiters_read(struct span line, struct table *out)
{
    struct span row = row_begin(line), cell;
    out->columns = 0;
    if (!has_pipe(line))
        return false;
    while (cell_next(&row, &cell)) {
        if (out->columns == COLUMNS_MAX || !align_read(cell, &out->align[out->columns]))
            return false;
        out->columns++;
    }
    return out->columns > 0;
}

static size_t cells_count(struct span line)
{
    struct span row = row_begin(line), cell;
    size_t count = 0;
    while (cell_next(&row, &cell))
        count++;
    return count;
}

/* A header, the row of dashes under it, and all lines to the end of the paragraph. */
static bool table_find(struct finding *finding, size_t first, size_t end, struct table *out)
{
    for (size_t i = first + 1; i < end; i++) {
        struct span header = finding->lines[i - 1];
        if (!delimiters_read(finding->lines[i], out) || !has_pipe(header) ||
            cells_count(header) != out->columns)
            continue;
        out->header = i - 1;
        out->end = end;
        out->rows = end - i;
        if (out->rows * out->columns > CELLS_MAX - finding->cells)
            return false;
        finding->cells += out->rows * out->columns;
        return true;
    }
    return false;
}

static struct table *table_slot(struct finding *finding)
{
    if (finding->count == finding->capacity) {
        finding->capacity = finding->capacity ? finding->capacity * 2 : 4;
        finding->tables =
            xreallocarray(finding->tables, finding->capacity, sizeof(*finding->tables));
    }
    return &finding->tables[finding->count];
}

static void tables_collect(struct finding *finding, cmark_node *document)
{
    for (cmark_node *at = cmark_node_first_child(document); at; at = cmark_node_next(at)) {
        int first = cmark_node_get_start_line(at), last = cmark_node_get_end_line(at);
        if (cmark_node_get_type(at) == CMARK_NODE_PARAGRAPH && first > 0 && last > first &&
            (size_t)last <= finding->line_count &&
            table_find(finding, (size_t)first - 1, (size_t)last, table_slot(finding)))
            finding->count++;
    }
}

static bool line_put(struct finding *finding, struct span line, struct error *err)
{
    finding->out_lines++;
    return buf_append(&finding->out, line.at, (size_t)(line.end - line.at), err) &&
           buf_append(&finding->out, "\n", 1, err);
}

/* A cell as a paragraph; the pipes in it are no longer escaped. */
static bool cell_put(struct finding *finding, struct span cell, struct error *err)
{
    if (!buf_append(&finding->out, MARK " ", MARK_LEN + 1, err))
        return false;
    for (const char *at = cell.at; at < cell.end; at++) {
        at += at + 1 < cell.end && at[0] == '\\' && at[1] == '|';
        if (!buf_append(&finding->out, at, 1, err))
            return false;
    }
    finding->out_lines += 2;
    return buf_append(&finding->out, "\n\n", 2, err);
}

static bool row_put(struct finding *finding, struct span line, size_t columns, struct error *err)
{
    static const struct span nothing = { "", "" };
    struct span row = row_begin(line), cell;
    for (size_t i = 0; i < columns; i++)
        if (!cell_put(finding, cell_next(&row, &cell) ? cell : nothing, err))
            return false;
    return true;
}

static bool table_put(struct finding *finding, struct table *table, struct error *err)
{
    static const struct span nothing = { "", "" };
    if (!line_put(finding, nothing, err))
        return false;
    table->place = finding->out_lines + 1;
    for (size_t i = table->header; i < table->end; i++)
        if (i != table->header + 1 && !row_put(finding, finding->lines[i], table->columns, err))
            return false;
    return true;
}

static bool text_rewrite(struct finding *finding, struct error *err)
{
    struct table *table = finding->tables, *last = finding->tables + finding->count;
    for (size_t i = 0; i < finding->line_count; i++) {
        if (table == last || i != table->header) {
            if (!line_put(finding, finding->lines[i], err))
                return false;
            continue;
        }
        if (!table_put(finding, table, err))
            return false;
        i = table++->end - 1;
    }
    return true;
}

static void finding_clear(struct finding *finding)
{
    buf_clear(&finding->out);
    free(finding->tables);
}

bool tables_find(const char *text, size_t len, cmark_node *document, struct arena *arena,
                 struct tables *out, struct error *err)
{
    CLEANUP(finding_clear) struct finding finding = { .count = 0 };
    *out = (struct tables){ .text = NULL };
    buf_init(&finding.out, SIZE_MAX / 2);
    lines_read(text, len, arena, &finding);
    tables_collect(&finding, document);
    if (finding.count == 0)
        return true;
    if (!text_rewrite(&finding, err))
        return false;
    struct table *found = ARENA_ARRAY(arena, struct table, finding.count);
    memcpy(found, finding.tables, finding.count * sizeof(*found));
    *out = (struct tables){ .found = { found, finding.count },
                            .text = arena_strndup(arena, finding.out.data, finding.out.len),
                            .len = finding.out.len };
    return true;
}

/* Takes the mark away; false when it is not there. */
static bool cell_unmark(cmark_node *paragraph)
{
    cmark_node *text = cmark_node_first_child(paragraph);
    const char *literal = text ? cmark_node_get_literal(text) : NULL;
    if (!literal || strncmp(literal, MARK, MARK_LEN) != 0)
        return false;
    literal += MARK_LEN;
    CLEANUP(freep) char *rest = strdup(literal + strspn(literal, " "));
    return rest && cmark_node_set_literal(text, rest);
}

static bool cell_html(struct buf *out, cmark_node *paragraph, const char *tag, unsigned align,
                      struct error *err)
{
    static const char begin[] = "<p>", end[] = "</p>\n";
    CLEANUP(freep) char *html = cmark_render_html(paragraph, CMARK_OPT_SAFE);
    size_t len = strlen(html), around = sizeof(begin) + sizeof(end) - 2;
    if (len < around || strncmp(html, begin, sizeof(begin) - 1) != 0)
        return error_set(err, INTERNAL, "a table's cell is no paragraph");
    return buf_printf(out, err, "<%s%s>%.*s</%s>\n", tag, aligned[align], (int)(len - around),
                      html + sizeof(begin) - 1, tag);
}

/* One row of cells, each of which is unlinked from the document; *at is moved behind them. */
static bool row_html(struct buf *out, const struct table *table, size_t row, cmark_node **at,
                     struct error *err)
{
    if (!buf_text(out, "<tr>\n", err))
        return false;
    for (size_t column = 0; column < table->columns; column++) {
        cmark_node *cell = *at;
        size_t line = table->place + 2 * (row * table->columns + column);
        if (!cell || cmark_node_get_start_line(cell) != (int)line || !cell_unmark(cell))
            return error_set(err, INTERNAL, "a table's cells are not where they were put");
        if (!cell_html(out, cell, row ? "td" : "th", table->align[column], err))
            return false;
        *at = cmark_node_next(cell);
        cmark_node_free(cell);
    }
    return buf_text(out, "</tr>\n", err);
}

static bool table_html(struct buf *out, const struct table *table, cmark_node **at,
                       struct error *err)
{
    if (!buf_text(out, "<table>\n<thead>\n", err) || !row_html(out, table, 0, at, err) ||
        !buf_text(out, "</thead>\n", err))
        return false;
    for (size_t row = 1; row < table->rows; row++)
        if ((row == 1 && !buf_text(out, "<tbody>\n", err)) || !row_html(out, table, row, at, err))
            return false;
    return (table->rows == 1 || buf_text(out, "</tbody>\n", err)) && buf_text(out, "</table>", err);
}

/* Replaces the paragraphs from cell on. */
static bool table_place(const struct table *table, cmark_node *document, cmark_node **at,
                        struct error *err)
{
    CLEANUP(buf_clearp) struct buf html;
    buf_init(&html, SIZE_MAX / 2);
    if (!table_html(&html, table, at, err))
        return false;
    cmark_node *node = cmark_node_new(CMARK_NODE_CUSTOM_BLOCK);
    bool placed =
        cmark_node_set_on_enter(node, html.data) &&
        (*at ? cmark_node_insert_before(*at, node) : cmark_node_append_child(document, node));
    if (!placed)
        cmark_node_free(node);
    return placed || error_set(err, INTERNAL, "a table has no place in its document");
}

bool tables_put(const struct tables *tables, cmark_node *document, struct error *err)
{
    cmark_node *at = cmark_node_first_child(document);
    LIST_FOREACH (tables->found, struct table, table) {
        while (at && cmark_node_get_start_line(at) < (int)table->place)
            at = cmark_node_next(at);
        if (!table_place(table, document, &at, err))
            return false;
    }
    return true;
}
