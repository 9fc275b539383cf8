#include "client/cmd/profile.h"

#include <stdio.h>
#include <string.h>

#include "client/cmd/commands.h"
#include "lib/base/text.h"

bool profile_operands(const char **operands, size_t count, const char *usage, struct error *err)
{
    size_t found = 0;
    while (operands[found])
        found++;
    return found == count || error_set(err, INVALID, "expected %s", usage);
}

void profile_notes(const char *title, const struct list *notes, struct arena *arena)
{
    if (!notes->count)
        return;
    printf("%s\n", title);
    LIST_FOREACH (*notes, struct profile_note, note) {
        const struct profile_origin *at = &note->origin;
        printf("  %s %s", note->key, text_escape(note->text, arena));
        if (at->file && at->line)
            printf(" (%s:%u:%u)", text_escape(at->file, arena), at->line, at->column);
        printf("\n");
    }
}

static const struct command *const verbs[] = {
    &command_profile_list,
    &command_profile_show,
    &command_profile_diff,
    &command_profile_validate,
    &command_profile_use,
    &command_profile_groups,
    NULL,
};

const struct command command_profile = {
    .name = "profile",
    .summary = "list, show, check and choose profiles",
    .verbs = verbs,
};
