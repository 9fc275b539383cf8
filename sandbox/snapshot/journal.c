#include "sandbox/snapshot/journal.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/random.h"
#include "lib/base/text.h"
#include "lib/json/json.h"
#include "sandbox/snapshot/record.h"

#define FORMAT    1
#define MAX_BYTES 4096

struct stored {
    uint64_t format;
    struct journal journal;
};

static const struct field stored_fields[] = {
    U64(struct stored, format, REQUIRED),
    TEXT_AS("name", struct stored, journal.name, REQUIRED),
    TEXT_AS("staging", struct stored, journal.staging, REQUIRED),
    FIELD_AS("applying", FIELD_BOOL, struct stored, journal.applying, bool, REQUIRED, NULL, NULL),
};
static const struct record stored_record = RECORD(struct stored, "journal", stored_fields);

static bool damaged(const char *what, struct error *err)
{
    error_set(err, UNTRUSTED, "the journal of an interrupted restore is damaged: %s", what);
    return error_hint(err, "any snapshot of the folder completes it: nono snapshot restore NAME; "
                           "or leave the folder as it is: nono snapshot delete --force NAME");
}

bool restore_journal_read(int dir, struct arena *arena, struct journal *out, struct error *err)
{
    const char *text;
    size_t len;
    struct error fault;
    struct stored stored = { 0 };
    if (!file_read_beneath(dir, "journal", MAX_BYTES, arena, &text, &len, &fault)) {
        *out = (struct journal){ 0 };
        if (fault.kind == ERROR_TOO_LARGE)
            return damaged(fault.message, err);
        if (fault.kind != ERROR_NOT_FOUND)
            *err = fault;
        return fault.kind == ERROR_NOT_FOUND;
    }
    if (!json_decode(text, len, &stored_record, arena, &stored, &fault))
        return damaged(fault.message, err);
    if (stored.format != FORMAT)
        return error_set(err, UNSUPPORTED, "journal: written by another version (%llu)",
                         (unsigned long long)stored.format);
    /* it names a folder that is going to be removed */
    if (strlen(stored.journal.staging) != JOURNAL_STAGING_TEXT - 1 ||
        !text_starts(stored.journal.staging, JOURNAL_STAGING) ||
        strchr(stored.journal.staging, '/'))
        return damaged("it names no staging folder", err);
    *out = stored.journal;
    return true;
}

/* A second name, not another: until the first is replaced, a kill leaves the restore on record. */
bool restore_journal_keep(int dir, struct arena *arena, const char **out_name, struct error *err)
{
    char digits[17];
    random_hex(digits, 16);
    const char *name = arena_printf(arena, "journal-damaged-%s", digits);
    if (linkat(dir, "journal", dir, name, 0) != 0)
        return error_set_errno(err, "keep the damaged journal");
    *out_name = name;
    return file_sync(dir, err);
}

bool restore_journal_give_up(int dir, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct journal unknown = { 0 };
    struct journal journal;
    struct error fault;
    const char *name;
    if (restore_journal_read(dir, arena, &journal, &fault))
        return true;
    if (fault.kind == ERROR_UNTRUSTED)
        return restore_journal_keep(dir, arena, &name, err) &&
               restore_journal_end(dir, -1, &unknown, err);
    *err = fault;
    return false;
}

bool restore_journal_write(int dir, const struct journal *journal, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    const struct stored stored = { FORMAT, *journal };
    const char *text = json_encode(&stored_record, &stored, arena);
    return file_replace(dir, "journal", text, strlen(text), 0600, err);
}

bool staging_remove(int folder, const struct journal *journal, struct error *err)
{
    bool left;
    return tree_clear(folder, journal->staging, &left, err);
}

bool restore_journal_end(int dir, int folder, const struct journal *journal, struct error *err)
{
    if (journal->staging && (!staging_remove(folder, journal, err) || !file_sync(folder, err)))
        return error_prefix(err, "remove the staging folder");
    if (unlinkat(dir, "journal", 0) != 0 && errno != ENOENT)
        return error_set_errno(err, "remove the journal");
    return file_sync(dir, err);
}

bool restore_journal_settle(int dir, int folder, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct journal journal;
    bool any;
    if (!record_any(dir, &any, err))
        return false;
    if (!any && !restore_journal_give_up(dir, err)) /* no snapshot could complete it */
        return false;
    if (!restore_journal_read(dir, arena, &journal, err))
        return false;
    if (!journal.name)
        return true;
    if (!journal.applying || !record_is_there(dir, journal.name))
        return restore_journal_end(dir, folder, &journal, err);
    error_set(err, CONFLICT, "a restore of %s was interrupted and is not complete", journal.name);
    return error_hint(err, "complete it first: nono snapshot restore %s", journal.name);
}
