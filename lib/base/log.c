#include "lib/base/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

/* A line is made whole and written at once, so that lines of threads and processes never mix. */
#define LINE_MAX_BYTES 4096

struct line {
    size_t len;
    char text[LINE_MAX_BYTES];
};

/* What does not fit is left out; the line still ends as it should. */
#define ROOM_FOR_END ((size_t)8)

static void line_put(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void line_put(struct line *line, const char *format, ...)
{
    size_t room = sizeof(line->text) - ROOM_FOR_END - line->len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(line->text + line->len, room, format, args);
    va_end(args);
    if (len > 0)
        line->len += (size_t)len < room ? (size_t)len : room - 1;
}

/* JSON is UTF-8, whatever bytes an address had or a cut left over. */
static void value_put(struct line *line, const char *text)
{
    size_t start = line->len;
    line->text[line->len++] = '"';
    for (; *text && line->len + 2 * ROOM_FOR_END < sizeof(line->text); text++) {
        if ((unsigned char)*text < ' ') {
            line_put(line, "\\u%04x", (unsigned)*text);
            continue;
        }
        if (*text == '"' || *text == '\\')
            line->text[line->len++] = '\\';
        line->text[line->len++] = *text;
    }
    line->text[line->len] = '\0';
    text_mend(line->text + start);
    line->text[line->len++] = '"';
}

static void stderr_sink(enum log_level level, const char *event, const struct log_pair *pairs,
                        void *context)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    (void)context;

    struct line line;
    char now[CLOCK_TEXT_MAX];
    line.len = 0;
    clock_print(clock_now_us(), now);
    line_put(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", now, names[level], event);
    for (; pairs->kind != LOG_END && line.len + 80 < sizeof(line.text); pairs++) {
        line_put(&line, ",\"%.32s\":", pairs->key);
        if (pairs->kind == LOG_TEXT)
            value_put(&line, pairs->text ? pairs->text : "");
        else
            line_put(&line, "%" PRId64, pairs->number);
    }
    memcpy(line.text + line.len, "}\n", 2);
    ssize_t written = write(STDERR_FILENO, line.text, line.len + 2);
    (void)written; /* there is nowhere to say that the log is full */
}

static log_sink *active_sink = stderr_sink;
static void *active_context;
static _Atomic enum log_level least_level = LOG_LEVEL_INFO; /* it may change while threads log */

void log_set_level(enum log_level level)
{
    least_level = level;
}

void log_set_sink(log_sink *sink, void *context)
{
    active_sink = sink ? sink : stderr_sink;
    active_context = context;
}

void log_event(enum log_level level, const char *event, const struct log_pair *pairs)
{
    if (level >= least_level)
        active_sink(level, event, pairs, active_context);
}
