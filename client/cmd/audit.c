#include "client/cmd/audit.h"

#include <string.h>

const char *audit_command_text(const struct doc *start, struct arena *arena)
{
    const struct doc *command = doc_find(start, "command");
    const char *text = "";
    if (!command || command->kind != DOC_LIST)
        return text;
    DOC_FOREACH (command, word)
        if (word->kind == DOC_TEXT)
            text = arena_printf(arena, "%s%s%s", text, *text ? " " : "", word->text);
    return text;
}

const char *audit_outcome_text(const struct audit_event_line *last, struct arena *arena)
{
    static const char *const keys[] = { "status", "signal" }, *const words[] = { "exit", "signal" };
    if (!last->type || strcmp(last->type, "end") != 0)
        return NULL;
    for (size_t i = 0; i < COUNT(keys); i++) {
        const struct doc *value = doc_find(last->data, keys[i]);
        if (value && value->kind == DOC_INTEGER)
            return arena_printf(arena, "%s %lld", words[i], (long long)value->integer);
    }
    return NULL;
}

static const struct command *const verbs[] = {
    &command_audit_list,
    &command_audit_show,
    &command_audit_verify,
    NULL,
};

const struct command command_audit = {
    .name = "audit",
    .summary = "show what runs did, and prove that their records are whole",
    .verbs = verbs,
};
