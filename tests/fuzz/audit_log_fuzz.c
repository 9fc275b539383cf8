/* USES sandbox/audit lib/json */
/*
 * A record of a run. As it comes: what is not by the writer never counts as closed. And each line
 * of the input as the data of an event, chained by the writer: it reads back as the same data, and
 * the record without its end is one that was not closed, or is broken, but never whole.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/files.h"
#include "lib/json/json.h"
#include "sandbox/audit/log.h"

#define ID "0123456789abcdef"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void state_check(const char *text, size_t len)
{
    CLEANUP(closep) int fd = memfd_create("record", MFD_CLOEXEC);
    struct audit_report report;
    struct error err;
    assert(file_write_all(fd, text, len, &err));
    assert(lseek(fd, 0, SEEK_SET) == 0);
    if (!audit_verify_fd(fd, ID, NULL, NULL, &report, &err)) {
        assert(err.kind == ERROR_UNSUPPORTED);
        return;
    }
    assert(report.state != AUDIT_CLOSED);
    assert((report.state == AUDIT_BROKEN) == (report.line > 0));
}

/* One more event on the chain; its text. */
static const char *event_chain(struct audit_chain *chain, const char *type, const struct doc *data,
                               struct arena *arena)
{
    struct audit_line line;
    struct error err;
    struct audit_event_line event;
    if (!audit_line_print(chain, type, 0, data, arena, &line, &err))
        return "";
    assert(audit_line_parse(line.text, strlen(line.text) - 1, arena, &event, &err));
    assert(doc_equal(event.data, data) && strcmp(event.hash, line.hash) == 0);
    assert(audit_chain_check(chain, &event, &err));
    return line.text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = { "start", "refused", "end" };
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct audit_chain chain;
    const char *all = "";
    state_check((const char *)data, size);

    audit_chain_init(&chain);
    const char *text = arena_strndup(arena, (const char *)data, size);
    for (size_t i = 0; *text && i < 8; i++) {
        size_t len = strcspn(text, "\n");
        struct doc *doc;
        struct error err;
        if (json_parse(text, len, NULL, JSON_PLAIN, arena, &doc, &err) && doc->kind == DOC_TABLE) {
            const char *type = types[(chain.count > 0) + (i > 1 && text[1] == '"')];
            all = arena_printf(arena, "%s%s", all, event_chain(&chain, type, doc, arena));
        }
        text += len + (text[len] == '\n');
    }
    if (strlen(all) < (size_t)64 * 1024)
        state_check(all, strlen(all));
    return 0;
}
