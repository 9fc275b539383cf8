/*
 * Structured log: an event name and typed pairs, one line each.
 *
 *     log_info("pack.published", KV("ref", ref), KV("bytes", size));
 *
 * Values are escaped by the sink, never by the caller. Libraries log only at debug;
 * the program that owns a failure logs it once.
 */
#pragma once

#include <stdint.h>

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_pair {
    const char *key;
    enum { LOG_END, LOG_TEXT, LOG_NUMBER } kind;
    union {
        const char *text; /* NULL is logged as "" */
        int64_t number;
    };
};

/* A test installs its own sink to assert on what was logged. */
typedef void log_sink(enum log_level level, const char *event, const struct log_pair *pairs,
                      void *context);

/* Events below the level are dropped before they reach the sink; info at first. */
void log_set_level(enum log_level level);
void log_set_sink(log_sink *sink, void *context);
void log_event(enum log_level level, const char *event, const struct log_pair *pairs);

static inline struct log_pair log_text(const char *key, const char *text)
{
    return (struct log_pair){ .key = key, .kind = LOG_TEXT, .text = text };
}

static inline struct log_pair log_number(const char *key, int64_t number)
{
    return (struct log_pair){ .key = key, .kind = LOG_NUMBER, .number = number };
}

/* clang-format off */
#define KV(key, value) \
    _Generic((value), char *: log_text, const char *: log_text, default: log_number)((key), (value))
/* clang-format on */

#define LOG(level, event, ...) \
    log_event(level, event, (struct log_pair[]){ __VA_ARGS__ __VA_OPT__(, ){ 0 } })
#define log_debug(event, ...) LOG(LOG_LEVEL_DEBUG, event, __VA_ARGS__)
#define log_info(event, ...)  LOG(LOG_LEVEL_INFO, event, __VA_ARGS__)
#define log_warn(event, ...)  LOG(LOG_LEVEL_WARN, event, __VA_ARGS__)
#define log_error(event, ...) LOG(LOG_LEVEL_ERROR, event, __VA_ARGS__)
