#include "client/cmd/pkg/consent.h"

#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/asks.h"
#include "client/cmd/pkg/words.h"
#include "lib/base/text.h"

#define LINES_MAX 40 /* of one list, before "and N more" */

struct asked {
    struct list words;   /* permission_line */
    struct list changes; /* permission_change; empty on a first install */
    struct permissions *now;
};

/* The old version's files may be damaged: then there is nothing to compare with. */
static bool asked_find(const struct consent *consent, struct arena *arena, struct asked *out,
                       struct error *err)
{
    struct permissions *before = NULL;
    struct error ignored;
    *out = (struct asked){ 0 };
    if (!asks_of_fetched(consent->store, consent->fetched, arena, &out->now, err))
        return false;
    if (!out->now)
        return true;
    asks_for_here(out->now, arena);
    permissions_words(out->now, arena, &out->words);
    const struct lock_pack *old = consent->install->old;
    if (old && asks_of_installed(consent->store, old, arena, &before, &ignored) && before) {
        asks_for_here(before, arena);
        permissions_diff(before, out->now, arena, &out->changes);
    }
    return true;
}

static void more_print(size_t count)
{
    if (count > LINES_MAX)
        fprintf(stderr, "    and %zu more\n", count - LINES_MAX);
}

static enum ui_style risk_style(int risk)
{
    if (risk == PERMISSION_GRAVE)
        return UI_RED;
    return risk == PERMISSION_NOTABLE ? UI_YELLOW : UI_PLAIN;
}

static void asked_print(const struct list *words, struct arena *arena)
{
    size_t shown = 0;
    struct list lines;
    asks_fold(words, arena, &lines);
    fprintf(stderr, words->count ? "its programs:\n"
                                 : "its profile asks for nothing more than a "
                                   "program needs to start\n");
    LIST_FOREACH (lines, const struct words_line, line) {
        if (shown++ == LINES_MAX)
            break;
        words_print(line->risk == PERMISSION_GRAVE ? "!" : "-", risk_style(line->risk), line->text,
                    stderr);
    }
    more_print(lines.count);
}

/* Widened is the risk of a change here. */
static void changes_print(const struct list *changes, struct arena *arena)
{
    size_t shown = 0;
    struct words_line *items = ARENA_ARRAY(arena, struct words_line, changes->count + 1);
    struct list lines = { items, 0 }, folded;
    LIST_FOREACH (*changes, const struct permission_change, change)
        items[lines.count++] = (struct words_line){ change->widened, change->text };
    words_fold(&lines, arena, &folded);
    if (!changes->count)
        fprintf(stderr, "asks for no more and no less than the installed version\n");
    else
        fprintf(stderr, "compared with the installed version:\n");
    LIST_FOREACH (folded, const struct words_line, line) {
        if (shown++ == LINES_MAX)
            break;
        words_print(line->risk ? "+" : "-", line->risk ? UI_RED : UI_GREEN, line->text, stderr);
    }
    more_print(folded.count);
}

static void wiring_print(const struct consent *consent, struct arena *arena)
{
    const struct install *install = consent->install;
    const char *home = consent->store->folders.home;
    if (install->wiring.lines.count)
        fprintf(stderr, "outside its own folder it will:\n");
    LIST_FOREACH (install->wiring.lines, const struct wiring_line, line) {
        const char *text = arena_printf(arena, "%s %s", line->act, line->path);
        if (line->real)
            text =
                arena_printf(arena, "%s, which is %s%s", text, line->real, line->detail ? "," : "");
        if (line->detail)
            text = arena_printf(arena, "%s %s", text, line->detail);
        words_print("-", UI_PLAIN, words_at_home(text, home, arena), stderr);
    }
    LIST_FOREACH (install->wiring.notes, const char *, note)
        words_print("*", UI_YELLOW, *note, stderr);
}

/* What is known of the signer beside its name. */
static const char *signer_standing(const struct consent *consent, struct arena *arena)
{
    const struct fetched *fetched = consent->fetched;
    if (consent->known_signer && strcmp(consent->known_signer, fetched->signer) == 0)
        return "as before";
    if (consent->known_signer)
        return arena_printf(arena, "which you accept in place of %s", consent->known_signer);
    if (consent->signer_packs)
        return arena_printf(arena, "known from %zu other pack%s of %s", consent->signer_packs,
                            consent->signer_packs == 1 ? "" : "s", fetched->ref.namespace);
    return "seen for the first time";
}

static void signer_print(const struct consent *consent, struct arena *arena)
{
    const struct fetched *fetched = consent->fetched;
    const char *named =
        fetched->signer_name
            ? arena_printf(arena, " (\"%s\" of %s)", fetched->signer_name, fetched->ref.namespace)
            : "";
    ui_paragraph(
        "signed by ",
        arena_printf(arena, "%s%s, %s", fetched->signer, named, signer_standing(consent, arena)),
        stderr);
    const char *revoked = arena_printf(arena,
                                       "this key was revoked since: %s signs nothing more with it, "
                                       "ask whether this can be trusted",
                                       fetched->ref.namespace);
    if (fetched->signer_revoked)
        words_print("*", UI_YELLOW, revoked, stderr);
    LIST_FOREACH (fetched->verdict.notes, const char *, note)
        words_print("*", UI_YELLOW, *note, stderr);
}

static void name_print(const char *name, struct arena *arena)
{
    struct profile_text builtin;
    profile_builtin_find(name, &builtin);
    if (!builtin.text)
        return;
    const char *text =
        arena_printf(arena, "--profile %s is its profile then, not the built-in one", name);
    words_print("*", UI_YELLOW, text, stderr);
}

/* Who has agreed to what is built in shall know that a name of it comes to mean a pack's. */
static void names_print(const struct manifest *manifest, struct arena *arena)
{
    LIST_FOREACH (manifest->artifacts, const struct artifact, artifact) {
        if (artifact->type != ARTIFACT_PROFILE)
            continue;
        name_print(artifact->install_as, arena);
        LIST_FOREACH (artifact->aliases, const char *, alias)
            name_print(*alias, arena);
    }
}

bool consent_show(const struct consent *consent, struct arena *arena, struct error *err)
{
    struct asked asked;
    const struct fetched *fetched = consent->fetched;
    const struct lock_pack *old = consent->install->old;
    if (!asked_find(consent, arena, &asked, err))
        return false;
    fprintf(stderr, "%s%s/%s %s%s", ui_style(UI_BOLD, stderr), fetched->ref.namespace,
            fetched->ref.name, fetched->ref.version, ui_style(UI_PLAIN, stderr));
    if (old)
        fprintf(stderr, " in place of %s", text_escape(old->version, arena));
    const char *description = fetched->index.manifest.description;
    fputc('\n', stderr);
    if (description)
        ui_paragraph("", description, stderr);
    signer_print(consent, arena);
    if (old && asked.now)
        changes_print(&asked.changes, arena);
    if (asked.now)
        asked_print(&asked.words, arena);
    else
        fprintf(stderr, "it has no profile\n");
    names_print(&fetched->index.manifest, arena);
    wiring_print(consent, arena);
    return true;
}

static void records_add(struct doc *out, const char *key, const struct list *items,
                        const struct record *record, struct arena *arena)
{
    struct doc *list = doc_add_list(arena, out, key);
    for (size_t i = 0; i < items->count; i++)
        doc_append(list,
                   record_encode(record, (const char *)items->items + i * record->size, arena));
}

bool consent_doc(const struct consent *consent, struct arena *arena, struct doc *out,
                 struct error *err)
{
    struct asked asked;
    const struct fetched *fetched = consent->fetched;
    if (!asked_find(consent, arena, &asked, err))
        return false;
    doc_add_text(arena, out, "namespace", fetched->ref.namespace);
    doc_add_text(arena, out, "name", fetched->ref.name);
    doc_add_text(arena, out, "version", fetched->ref.version);
    if (consent->install->old)
        doc_add_text(arena, out, "installed", consent->install->old->version);
    doc_add_text(arena, out, "digest", arena_printf(arena, "sha256:%s", fetched->index.sha256));
    doc_add_text(arena, out, "signer", fetched->signer);
    doc_add_bool(arena, out, "signer_revoked", fetched->signer_revoked);
    doc_add_bool(arena, out, "from_cache", fetched->from_cache);
    if (asked.now)
        doc_insert(arena, out, "permissions", record_encode(&permissions_record, asked.now, arena));
    records_add(out, "changes", &asked.changes, &permission_change_record, arena);
    records_add(out, "wiring", &consent->install->wiring.lines, &wiring_line_record, arena);
    struct doc *notes = doc_add_list(arena, out, "notes");
    LIST_FOREACH (consent->install->wiring.notes, const char *, note)
        doc_add_text(arena, notes, NULL, *note);
    return true;
}
