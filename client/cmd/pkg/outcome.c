#include "client/cmd/pkg/outcome.h"

#include <stdio.h>

#include "client/ui/term.h"
#include "lib/base/text.h"

void outcomes_init(struct outcomes *outcomes, const char *title, struct arena *arena)
{
    *outcomes = (struct outcomes){ arena, title, doc_new(arena, DOC_LIST), 0 };
}

struct doc *outcome_add(struct outcomes *outcomes, const char *pack)
{
    struct doc *entry = doc_add_table(outcomes->arena, outcomes->list, NULL);
    doc_add_text(outcomes->arena, entry, "pack", pack);
    return entry;
}

bool outcome_ref(struct outcomes *outcomes, const char *operand, struct pack_ref *ref,
                 struct doc **out_entry, struct error *err)
{
    bool ok = pack_ref_parse(operand, ref, err) || error_prefix(err, "\"%.128s\"", operand);
    *out_entry = outcome_add(
        outcomes, ok ? arena_printf(outcomes->arena, "%s/%s", ref->namespace, ref->name) : operand);
    return ok;
}

void outcome_fail(struct outcomes *outcomes, struct doc *entry, const struct error *err)
{
    struct arena *arena = outcomes->arena;
    doc_add_text(arena, entry, "status", "failed");
    ui_error_add(arena, entry, err);
    (void)fflush(stdout); /* in the order in which it happened, where both are one file */
    fprintf(stderr, "%s: %s\n", outcomes->title, text_escape(err->message, arena));
    if (*err->hint)
        fprintf(stderr, "  %s\n", text_escape(err->hint, arena));
    if (!outcomes->status)
        outcomes->status = error_exit_status(err->kind);
}
