#include "registry/domain/permissions_page.h"

#include "lib/json/json.h"
#include "lib/profile/permissions.h"

bool permissions_page(const char *summary, size_t len, struct arena *arena, const char **out,
                      struct error *err)
{
    struct permissions permissions;
    struct list lines;
    if (!json_decode(summary, len, &permissions_record, arena, &permissions, err))
        return error_prefix(err, "stored permissions");
    permissions_words(&permissions, arena, &lines);

    struct doc *page = record_encode(&permissions_record, &permissions, arena);
    struct doc *words = doc_add_list(arena, page, "words");
    LIST_FOREACH (lines, struct permission_line, line)
        doc_append(words, record_encode(&permission_line_record, line, arena));
    *out = json_print(page, JSON_COMPACT_SORTED, arena);
    return true;
}
