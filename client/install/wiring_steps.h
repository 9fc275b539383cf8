/* Between wiring.c, wiring_edit.c and wiring_block.c: the parts of a step. */
#pragma once

#include "client/install/wiring.h"

#define WIRING_NOTES_MAX 256

void wiring_line_add(struct wiring *wiring, const char *act, const char *path, const char *detail);
void wiring_note(struct wiring *wiring, const char *path, const char *text);
/* Of what somebody changed, which undoing leaves. */
void wiring_kept(struct wiring *wiring, const char *what);
struct doc *wiring_record_add(struct wiring *wiring, const struct directive *directive);
bool wiring_path(const struct wiring *wiring, const char *text, const char **out, struct error *err)
    MUST_CHECK;
const struct wiring_source *wiring_source_find(const struct wiring *wiring, const char *path);
bool wiring_source_get(const struct wiring *wiring, const char *path,
                       const struct wiring_source **out, struct error *err) MUST_CHECK;
/* Before an edit. */
bool wiring_file_note(struct wiring *wiring, const char *path, struct error *err) MUST_CHECK;

/* Every directive reads its file and its patch again, and writes the file. */
bool wiring_edited_count(struct wiring *wiring, size_t bytes, struct error *err) MUST_CHECK;

/* Writes, into the plan, the document of a file that records are taken out of: before anything else
 * looks at the file. path NULL: of all files. */
bool wiring_undo_close(struct wiring *wiring, const char *path, struct error *err) MUST_CHECK;
/* Frees those documents. */
void wiring_undo_drop(struct wiring *wiring);

/* Around all undoing: the priors of later packs are in memory as YAML had them, and in records as
 * JSON has them, with prior_yaml beside. */
void wiring_others_recall(struct wiring *wiring);
bool wiring_others_keep(struct wiring *wiring, struct error *err) MUST_CHECK;

/* Directives that edit a file which may be the user's. */
bool merge_apply(struct wiring *wiring, const struct directive *directive, struct error *err);
bool append_apply(struct wiring *wiring, const struct directive *directive, struct error *err);
bool block_apply(struct wiring *wiring, const struct directive *directive, struct error *err);
bool merge_undo(struct wiring *wiring, const struct doc *record, struct error *err);
bool append_undo(struct wiring *wiring, const struct doc *record, struct error *err);
bool block_undo(struct wiring *wiring, const struct doc *record, struct error *err);
