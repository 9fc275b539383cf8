/*
 * The manifest of a pack, package.json with schema_version 1: docs/formats/pack.md.
 *
 * Unknown keys are passed over (lint.h warns of them) and stay in the document. A manifest that was
 * parsed is sound by itself: names, versions, relative paths, directives and their keys are
 * checked. Whether the files exist is the archive's business.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/doc.h"
#include "lib/base/error.h"
#include "lib/base/record.h"

#define PACK_MANIFEST     "package.json"
#define PACK_README       "README.md"
#define PACK_LICENSE      "LICENSE"
#define PACK_TRUST_BUNDLE ".nono-trust.bundle" /* of the store; no pack may have such a file */

enum artifact_type {
    ARTIFACT_PROFILE,
    ARTIFACT_INSTRUCTION,
    ARTIFACT_TRUST_POLICY,
    ARTIFACT_GROUPS,
    ARTIFACT_PLUGIN,
};
extern const char *const artifact_type_names[]; /* "profile", ...; NULL-terminated */

struct artifact {
    int type; /* enum artifact_type */
    const char *path;
    const char *install_as; /* profiles: the name */
    const char *placement;  /* instructions: "project" or NULL */
    const char *prefix;     /* groups */
    struct list aliases;    /* of const char *; profiles: further names */
};

enum directive_type {
    DIRECTIVE_SYMLINK,
    DIRECTIVE_WRITE_FILE,
    DIRECTIVE_JSON_MERGE,
    DIRECTIVE_JSON_ARRAY_APPEND,
    DIRECTIVE_TOML_BLOCK,
    DIRECTIVE_YAML_MERGE,
};
extern const char *const directive_type_names[]; /* "symlink", ...; NULL-terminated */

enum block_position { BLOCK_BOTTOM, BLOCK_TOP };

/* One act of wiring. Members that its type does not have are NULL. Variables are not expanded. */
struct directive {
    int type;                  /* enum directive_type */
    const struct doc *doc;     /* as it stands in the manifest, with its place */
    const struct doc *when;    /* text or list of text (profile_when_doc); NULL: always */
    const char *link, *target; /* symlink */
    const char *source, *dest; /* write_file */
    const char *file;          /* the document that is changed: all but the two above */
    const char *patch;         /* json_merge, yaml_merge: a file of the pack */
    const char *path;          /* json_array_append: dotted keys */
    const char *patch_entries; /* json_array_append: a file of the pack */
    const char *key_field;     /* json_array_append */
    const char *marker_id;     /* toml_block */
    const char *content;       /* toml_block: a file of the pack */
    int position;              /* toml_block: enum block_position */
};

struct manifest {
    uint64_t schema_version;
    const char *name;
    const char *version;     /* exact semver; NULL when absent, which no archive may have */
    const char *description; /* these: NULL when absent */
    const char *license;
    const char *homepage;
    const char *repository;
    const char *min_nono_version;
    struct list platforms;    /* of const char *: linux, macos, windows; empty: all */
    struct list keywords;     /* of const char * */
    struct list agents;       /* of const char * */
    struct list dependencies; /* of const char *: pack references with ranges */
    struct list artifacts;    /* of struct artifact */
    struct list wiring;       /* of struct directive */
    const struct doc *doc;    /* the whole document, unknown keys too */
};

/* source is the file's name for messages, or NULL. The manifest lives in arena. */
bool manifest_parse(const char *text, size_t len, const char *source, struct arena *arena,
                    struct manifest *out, struct error *err) MUST_CHECK;

/* The file in the pack that a directive reads, or NULL (symlink). */
const char *directive_source(const struct directive *directive);
/* The file outside the pack that a directive makes or changes, with its variables. */
const char *directive_destination(const struct directive *directive);

/* Where an artifact stands in an installed pack, as the original's clients place it. In arena. */
const char *artifact_installed_path(const struct artifact *artifact, struct arena *arena);

/* The profile that goes by a name in its own pack: by install_as, else by an alias. May be NULL. */
const struct artifact *manifest_profile_find(const struct manifest *manifest, const char *name);
/* Its file of groups, or NULL. */
const struct artifact *manifest_groups_find(const struct manifest *manifest);

/* The name in a project's folder of an instruction that is meant for one; NULL for all others. */
const char *artifact_project_name(const struct artifact *artifact);
/* Whether a file of that name does nothing there by itself: .md, .mdc or .txt, and not hidden. */
bool project_name_is_harmless(const char *name);

/* The files that a pack must have, sorted and unique: itself, artifacts, wiring. const char *. */
void manifest_paths(const struct manifest *manifest, struct arena *arena, struct list *out);
/* Of the files that it may have besides: README.md, LICENSE. */
bool manifest_allows(const char *path);

/*
 * Relative, '/'-separated, no empty, "." or ".." segment, no backslash, no control character,
 * UTF-8, within LIMIT_PACK_PATH_BYTES, LIMIT_PACK_DEPTH segments and 255 bytes each. Every fault
 * has its own message.
 */
bool pack_path_check(const char *path, struct error *err) MUST_CHECK;

/*
 * What the original's installer makes executable: a path with a bin folder in it, or ending in .sh.
 * For files that come without a mode.
 */
bool pack_path_is_program(const char *path);
