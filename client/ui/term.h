/*
 * What people see: colours, tables, questions and progress. Colours and progress are for terminals
 * alone; NO_COLOR (https://no-color.org) and TERM=dumb turn colours off. Results go to stdout, all
 * else to stderr. Text of others is escaped, so that it cannot drive the terminal.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

enum ui_style { UI_PLAIN, UI_BOLD, UI_DIM, UI_RED, UI_GREEN, UI_YELLOW };

/* The sequence that begins a style on a stream (UI_PLAIN ends it), or "" when there are no colours.
 */
const char *ui_style(enum ui_style style, FILE *stream);

bool ui_is_terminal(FILE *stream);

/* Aligned columns; the last is not padded. A heading is dim, and left out when it is NULL. */
struct ui_table {
    struct arena *arena;
    size_t columns;
    const char **cells; /* row after row */
    size_t rows, room;
    bool cut; /* on a terminal that is too narrow the last column is cut, not wrapped */
};
#define UI_COLUMNS_MAX 8
void ui_table_init(struct ui_table *table, struct arena *arena, size_t columns);
/* columns texts; NULL is "-". */
void ui_table_row(struct ui_table *table, const char *const *cells);
#define UI_ROW(table, ...) ui_table_row((table), (const char *const[]){ __VA_ARGS__ })
void ui_table_print(const struct ui_table *table, const char *const *heading, FILE *stream);

/* Text behind a lead ("  - "), with a line end. On a terminal it is wrapped at blanks, each further
 * line below the first. Escaped. */
void ui_paragraph(const char *lead, const char *text, FILE *stream);

/* Asks on the terminal; anything but y or yes is no. DENIED when there is no terminal to ask on. */
bool ui_confirm(const char *question, bool *out, struct error *err) MUST_CHECK;

/* One line from a descriptor, without its end: a token or passphrase. Wipe it after use. */
bool ui_read_line(int fd, char *out, size_t size, struct error *err) MUST_CHECK;
/* The same, typed without echo after a prompt when fd is a terminal; without a prompt when not. A
 * signal that ends or stops the program gives the terminal its echo back. */
bool ui_read_hidden(int fd, const char *prompt, char *out, size_t size, struct error *err)
    MUST_CHECK;

/* A line that is written over: "pulling acme/web 1.2 MiB of 3.4 MiB". Nothing without a terminal.
 */
struct ui_progress {
    const char *what;
    int64_t shown_us;
    bool drawn;
};
void ui_progress_show(struct ui_progress *progress, uint64_t done, uint64_t total);
void ui_progress_end(struct ui_progress *progress);

/* "1.2 MiB"; in arena. */
const char *ui_size(uint64_t bytes, struct arena *arena);
/* "2026-11-23 09:30", local time; "-" for 0. In arena. */
const char *ui_time(int64_t time_us, struct arena *arena);

/* A document on stdout, readable, with a line end: the one answer of a command to --json. */
void ui_json(const struct doc *doc);
/* The same in a line, its keys in the order in which they were added. */
void ui_json_line(const struct doc *doc);
bool ui_json_printed(void);

/* What went wrong, for --json: "error" with code, message and, when there is one, hint. */
void ui_error_add(struct arena *arena, struct doc *table, const struct error *err);
