/*
 * A request's head, cut as libmicrohttpd cuts it. One that is accepted is, written again from its
 * pieces, what came: nothing of it was passed over that another reader may have read (but in the
 * two bytes of a line's end, of which framing.c tells). It has one host and at most one length.
 */
/* USES registry/http */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "tests/support/head_cut.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Moves behind a piece and what has to follow it. */
static void expect(const char **at, const char *piece, size_t len, const char *then)
{
    assert(memcmp(*at, piece, len) == 0);
    assert(strncmp(*at + len, then, strlen(then)) == 0);
    *at += len + strlen(then);
}

static void expect_line_end(const char **at)
{
    for (const char *end = *at + 2; *at < end; (*at)++)
        assert(**at == '\r' || **at == '\n' || **at == '\0' || **at == ':');
}

static void expect_fields(const struct head_cut *head, const char **at)
{
    size_t hosts = 0, lengths = 0;
    for (size_t i = 0; i < head->count; i++) {
        const char *name = head->fields[i].name, *value = head->fields[i].value;
        expect(at, name, strlen(name), ":");
        *at += strspn(*at, " \t");
        expect(at, value, strlen(value), "");
        expect_line_end(at);
        hosts += strcasecmp(name, "Host") == 0;
        lengths += strcasecmp(name, "Content-Length") == 0;
        lengths += strcasecmp(name, "Transfer-Encoding") == 0;
    }
    assert(lengths <= 1 && (hosts == 1 || strcmp(head->line.version, "HTTP/1.0") == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    char *bytes = arena_alloc(arena, size + 1, 1), *copy = arena_alloc(arena, size + 1, 1);
    struct head_cut head;
    memcpy(bytes, data, size);
    memcpy(copy, data, size);
    if (!head_cut(bytes, size, arena, &head) || head_fault(&head))
        return 0;

    const char *sent = copy + (head.line.method - bytes);
    expect(&sent, head.line.method, strlen(head.line.method), " ");
    assert(memchr(sent, ' ', head.line.target_len) == NULL);
    sent += head.line.target_len;
    expect(&sent, " ", 1, head.line.version);
    expect_line_end(&sent);
    expect_fields(&head, &sent);
    expect_line_end(&sent);
    assert(sent - copy == head.end - bytes);
    return 0;
}
