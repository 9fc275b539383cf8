#include "client/cmd/pkg/key.h"

#include "client/cmd/pkg/commands.h"

static const struct command *const verbs[] = {
    &command_key_generate, &command_key_import, &command_key_list,   &command_key_show,
    &command_key_register, &command_key_revoke, &command_key_remove, NULL,
};

const struct command command_key = {
    .name = "key",
    .summary = "make, keep and register signing keys",
    .verbs = verbs,
};

bool key_operand(const char **operands, const char **out, struct error *err)
{
    *out = *operands;
    return (*operands && !operands[1]) || error_set(err, INVALID, "name one key");
}

struct doc *key_doc(const struct key_facts *facts, struct arena *arena)
{
    struct doc *out = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, out, "name", facts->name);
    doc_add_text(arena, out, "type", facts->type);
    doc_add_text(arena, out, "id", facts->id);
    doc_add_text(arena, out, "problem", facts->problem);
    if (facts->problem)
        return out;
    doc_add_text(arena, out, "kept_in", facts->path ? "file" : "keyring");
    doc_add_text(arena, out, "path", facts->path);
    doc_add_bool(arena, out, "encrypted", facts->encrypted);
    doc_add_text(arena, out, "public_key", facts->public_pem);
    return out;
}
