/* A client and the script it talks to. Include behind test.h; the test USES tests/support. */
#pragma once

#include <string.h>

#include "lib/http/http.h"
#include "tests/support/http_script.h"

static unsigned pauses, last_pause_ms;

static inline void pause_note(unsigned ms)
{
    pauses++;
    last_pause_ms = ms;
}

/* A script, a client of it and what the client said. */
struct talk {
    struct http_script *script;
    struct http *http;
    struct arena *arena;
    struct http_response response;
    struct error err;
};

static inline void talk_start(struct talk *talk, const struct http_answer *answers, size_t count)
{
    *talk = (struct talk){ .script = http_script_start(answers, count), .arena = arena_new() };
    talk->http = http_new(&(struct http_setup){ .user_agent = "test/1", .pause = pause_note });
    pauses = last_pause_ms = 0;
}

static inline void talk_end(struct talk *talk)
{
    http_script_stop(talk->script);
    http_free(talk->http);
    arena_free(talk->arena);
}

static inline bool talk_send(struct talk *talk, struct http_request request)
{
    request.url = arena_printf(talk->arena, "%s/a", http_script_url(talk->script));
    return http_send(talk->http, &request, talk->arena, &talk->response, &talk->err);
}

static inline bool was_asked(const struct talk *talk, size_t index, const char *text)
{
    return strstr(http_script_request(talk->script, index), text);
}
