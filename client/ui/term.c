#include "client/ui/term.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/env.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define PROGRESS_EVERY_US (CLOCK_SECOND / 10)
#define CUT_MIN           16 /* characters; a column is not cut to less */

bool ui_is_terminal(FILE *stream)
{
    return isatty(fileno(stream)) == 1;
}

static bool has_colours(FILE *stream)
{
    const char *no_color = env_get("NO_COLOR"), *term = env_get("TERM");
    return !(no_color && *no_color) && term && strcmp(term, "dumb") != 0 && ui_is_terminal(stream);
}

const char *ui_style(enum ui_style style, FILE *stream)
{
    static const char *const sequences[] = {
        [UI_PLAIN] = "\033[0m", [UI_BOLD] = "\033[1m",   [UI_DIM] = "\033[2m",
        [UI_RED] = "\033[31m",  [UI_GREEN] = "\033[32m", [UI_YELLOW] = "\033[33m",
    };
    return has_colours(stream) ? sequences[style] : "";
}

void ui_table_init(struct ui_table *table, struct arena *arena, size_t columns)
{
    *table = (struct ui_table){ .arena = arena, .columns = columns };
}

void ui_table_row(struct ui_table *table, const char *const *cells)
{
    if (table->rows == table->room) {
        size_t room = table->room ? 2 * table->room : 16;
        const char **longer = ARENA_ARRAY(table->arena, const char *, room * table->columns);
        if (table->rows)
            memcpy((void *)longer, (const void *)table->cells,
                   table->rows * table->columns * sizeof(*longer));
        table->cells = longer;
        table->room = room;
    }
    for (size_t i = 0; i < table->columns; i++)
        table->cells[table->rows * table->columns + i] =
            cells[i] ? text_escape(cells[i], table->arena) : "-";
    table->rows++;
}

/* Characters, for what is printed here near enough to columns. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* Columns of the terminal; a great many where there is none. */
static size_t columns_of(FILE *stream)
{
    struct winsize size;
    if (!ui_is_terminal(stream))
        return SIZE_MAX;
    return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* How many bytes the first so many characters are. */
static size_t bytes_of(const char *text, size_t characters)
{
    size_t at = 0;
    for (; text[at]; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 && characters-- == 0)
            break;
    return at;
}

void ui_paragraph(const char *lead, const char *text, FILE *stream)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    size_t indent = width_of(lead), room = columns_of(stream), used = indent;
    fputs(lead, stream);
    for (const char *at = text_escape(text, arena); *at;) {
        size_t len = strcspn(at, " "), width = width_of(arena_strndup(arena, at, len));
        if (used > indent && used + 1 + width > room) {
            fprintf(stream, "\n%*s", (int)indent, "");
            used = indent;
        } else if (used > indent) {
            fputc(' ', stream);
            used++;
        }
        fwrite(at, 1, len, stream);
        used += width;
        at += len + (at[len] == ' ');
    }
    fputc('\n', stream);
}

static void row_print(const char *const *cells, const size_t *widths, size_t columns, FILE *stream)
{
    size_t last = columns - 1;
    while (last > 0 && !cells[last][0]) /* no blanks at the end */
        last--;
    for (size_t i = 0; i < last; i++)
        fprintf(stream, "%s%*s", cells[i], (int)(widths[i] - width_of(cells[i]) + 2), "");
    if (last < columns - 1 || width_of(cells[last]) <= widths[last])
        fprintf(stream, "%s\n", cells[last]);
    else
        fprintf(stream, "%.*s...\n", (int)bytes_of(cells[last], widths[last] - 3), cells[last]);
}

/* Cuts the last column to what the terminal has left, if that is worth it. */
static void last_cut(const struct ui_table *table, size_t *widths, FILE *stream)
{
    size_t used = 2 * (table->columns - 1), room = columns_of(stream);
    for (size_t i = 0; i + 1 < table->columns; i++)
        used += widths[i];
    if (table->cut && room > used + CUT_MIN && widths[table->columns - 1] > room - used)
        widths[table->columns - 1] = room - used;
}

void ui_table_print(const struct ui_table *table, const char *const *heading, FILE *stream)
{
    size_t widths[UI_COLUMNS_MAX] = { 0 };
    for (size_t i = 0; i < table->columns; i++) {
        widths[i] = heading ? width_of(heading[i]) : 0;
        for (size_t row = 0; row < table->rows; row++) {
            size_t width = width_of(table->cells[row * table->columns + i]);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    last_cut(table, widths, stream);
    if (heading) {
        fputs(ui_style(UI_DIM, stream), stream);
        row_print(heading, widths, table->columns, stream);
        fputs(ui_style(UI_PLAIN, stream), stream);
    }
    for (size_t row = 0; row < table->rows; row++)
        row_print(&table->cells[row * table->columns], widths, table->columns, stream);
}

bool ui_read_line(int fd, char *out, size_t size, struct error *err)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(fd, out + len, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, "read a line");
        if (got == 0 || out[len] == '\n')
            break;
        if (++len >= size)
            return error_set(err, TOO_LARGE, "a line of input is over %zu bytes", size - 1);
    }
    if (len && out[len - 1] == '\r')
        len--;
    out[len] = '\0';
    return true;
}

bool ui_confirm(const char *question, bool *out, struct error *err)
{
    if (!isatty(STDIN_FILENO) || !ui_is_terminal(stderr)) {
        error_set(err, DENIED, "this needs a yes, and there is no terminal to ask on");
        return error_hint(err, "--yes says so beforehand");
    }
    char line[16];
    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (!ui_read_line(STDIN_FILENO, line, sizeof(line), err))
        return false;
    *out = strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0;
    return true;
}

/* A line that wraps cannot be written over: the name is cut to what the terminal has beside the
 * sizes, and the last column stays free. */
static const char *progress_line(const char *what, uint64_t done, uint64_t total,
                                 struct arena *arena)
{
    const char *sizes = ui_size(done, arena);
    if (total)
        sizes = arena_printf(arena, "%s of %s", sizes, ui_size(total, arena));
    size_t room = columns_of(stderr) - 1, beside = width_of(sizes) + strlen("...  ");
    const char *line = arena_printf(arena, "%s  %s", what, sizes);
    if (width_of(line) > room && room > beside)
        line = arena_printf(arena, "%.*s...  %s", (int)bytes_of(what, room - beside), what, sizes);
    return arena_strndup(arena, line, bytes_of(line, room));
}

void ui_progress_show(struct ui_progress *progress, uint64_t done, uint64_t total)
{
    int64_t now = clock_monotonic_us();
    if (!ui_is_terminal(stderr) || now - progress->shown_us < PROGRESS_EVERY_US)
        return;
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    progress->shown_us = now;
    progress->drawn = true;
    fprintf(stderr, "\r\033[K%s", progress_line(progress->what, done, total, arena));
    fflush(stderr);
}

void ui_progress_end(struct ui_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

const char *ui_size(uint64_t bytes, struct arena *arena)
{
    static const char *const units[] = { "KiB", "MiB", "GiB" };
    double amount = (double)bytes / 1024;
    size_t unit = 0;
    if (bytes < 1024)
        return arena_printf(arena, "%u B", (unsigned)bytes);
    for (; amount >= 1024 && unit + 1 < COUNT(units); unit++)
        amount /= 1024;
    return arena_printf(arena, "%.1f %s", amount, units[unit]);
}

const char *ui_time(int64_t time_us, struct arena *arena)
{
    struct tm local;
    time_t seconds = (time_t)(time_us / CLOCK_SECOND);
    char text[32];
    if (time_us == 0 || !localtime_r(&seconds, &local) ||
        strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &local) == 0)
        return "-";
    return arena_printf(arena, "%s", text);
}

static bool json_printed;

static void json_out(const struct doc *doc, enum json_style style)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    (void)puts(text_escape_json(json_print(doc, style, arena), arena));
    json_printed = true;
}

void ui_json(const struct doc *doc)
{
    json_out(doc, JSON_PRETTY);
}

void ui_json_line(const struct doc *doc)
{
    json_out(doc, JSON_COMPACT_KEPT);
}

bool ui_json_printed(void)
{
    return json_printed;
}

void ui_error_add(struct arena *arena, struct doc *table, const struct error *err)
{
    struct doc *fault = doc_add_table(arena, table, "error");
    doc_add_text(arena, fault, "code", error_code(err->kind));
    doc_add_text(arena, fault, "message", err->message);
    doc_add_text(arena, fault, "hint", *err->hint ? err->hint : NULL);
}
