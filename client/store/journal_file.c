#include "client/store/journal_file.h"

#include <string.h>

#include "client/store/lockfile.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "lib/json/json.h"

#define JOURNAL_VERSION 1

static const char *const kind_names[] = { "make_dir", "drop_dir", "put_file", "put_link",
                                          "put_tree", "drop",     NULL };

static const struct field entry_fields[] = {
    ENUM(struct journal_entry, kind, kind_names, REQUIRED),
    TEXT(struct journal_entry, root, REQUIRED),
    TEXT(struct journal_entry, path, REQUIRED),
    TEXT(struct journal_entry, temporary, OPTIONAL),
    BOOL(struct journal_entry, replaces, OPTIONAL),
    U64(struct journal_entry, inode, OPTIONAL),
    U64(struct journal_entry, size, OPTIONAL),
    U64(struct journal_entry, mtime_ns, OPTIONAL),
};
static const struct record entry_record = RECORD(struct journal_entry, "change", entry_fields);

static const struct field journal_fields[] = {
    U64(struct journal, version, REQUIRED),
    LIST(struct journal, entries, &entry_record, REQUIRED),
};
static const struct record journal_record = RECORD(struct journal, "journal", journal_fields);

bool journal_write(int packages, const struct journal *journal, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct journal copy = *journal;
    copy.version = JOURNAL_VERSION;
    const char *text = json_encode(&journal_record, &copy, arena);
    return file_replace(packages, JOURNAL_NAME, text, strlen(text), 0600, err) ||
           error_prefix(err, "journal");
}

bool journal_read(int packages, const char *name, struct arena *arena, struct journal **out,
                  struct error *err)
{
    const char *text;
    size_t len;
    *out = NULL;
    if (!file_read_beneath(packages, name, LIMIT_LOCK_BYTES, arena, &text, &len, err))
        return err->kind == ERROR_NOT_FOUND;
    struct journal *journal = ARENA_NEW(arena, struct journal);
    if (!json_decode(text, len, &journal_record, arena, journal, err))
        return error_prefix(err, "%s", name);
    if (journal->version != JOURNAL_VERSION)
        return error_set(err, UNSUPPORTED, "%s: written by a newer nono", name);
    *out = journal;
    return true;
}
