#include "lib/trust/statement.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/doc.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "lib/digest/sha256.h"
#include "lib/json/json.h"
#include "lib/trust/subjects.h"

#define ARCHIVE_MEDIA_TYPE "application/vnd.nono.pack.v1.tar+zstd"

struct digest_set {
    const char *sha256;
};
static const struct field digest_fields[] = { TEXT(struct digest_set, sha256, REQUIRED) };
static const struct record digest_record = RECORD_OPEN(struct digest_set, "digest", digest_fields);

struct wire_subject {
    const char *name;
    struct digest_set *digest;
};
static const struct field wire_subject_fields[] = {
    TEXT(struct wire_subject, name, REQUIRED),
    NESTED(struct wire_subject, digest, struct digest_set, &digest_record, REQUIRED),
};
static const struct record wire_subject_record =
    RECORD_OPEN(struct wire_subject, "subject", wire_subject_fields);

struct wire_statement {
    const char *_type;
    struct list subject;
    const char *predicateType;
    const struct doc *predicate;
};
static const struct field wire_statement_fields[] = {
    TEXT(struct wire_statement, _type, REQUIRED),
    LIST(struct wire_statement, subject, &wire_subject_record, REQUIRED),
    TEXT(struct wire_statement, predicateType, REQUIRED),
    DOC(struct wire_statement, predicate, OPTIONAL),
};
static const struct record wire_statement_record =
    RECORD_OPEN(struct wire_statement, "statement", wire_statement_fields);

struct wire_archive {
    const char *mediaType;
    struct digest_set *digest;
};
static const struct field wire_archive_fields[] = {
    TEXT(struct wire_archive, mediaType, REQUIRED),
    NESTED(struct wire_archive, digest, struct digest_set, &digest_record, REQUIRED),
};
static const struct record wire_archive_record =
    RECORD(struct wire_archive, "archive", wire_archive_fields);

struct wire_tar {
    struct digest_set *digest;
};
static const struct field wire_tar_fields[] = {
    NESTED(struct wire_tar, digest, struct digest_set, &digest_record, REQUIRED),
};
static const struct record wire_tar_record = RECORD(struct wire_tar, "tar", wire_tar_fields);

struct wire_predicate {
    const char *namespace, *name, *version;
    struct wire_archive *archive;
    struct wire_tar *tar;
};
static const struct field wire_predicate_fields[] = {
    TEXT(struct wire_predicate, namespace, REQUIRED),
    TEXT(struct wire_predicate, name, REQUIRED),
    TEXT(struct wire_predicate, version, REQUIRED),
    NESTED(struct wire_predicate, archive, struct wire_archive, &wire_archive_record, REQUIRED),
    NESTED(struct wire_predicate, tar, struct wire_tar, &wire_tar_record, REQUIRED),
};
static const struct record wire_predicate_record =
    RECORD(struct wire_predicate, "predicate", wire_predicate_fields);

/* A file of that very name would be a doubled subject, which is refused. */
static const char *archive_name(const char *namespace, const char *name, const char *version,
                                struct arena *arena)
{
    return arena_printf(arena, "%s/%s@%s", namespace, name, version);
}

static void subject_print(struct arena *arena, struct doc *list, const char *name,
                          const char *sha256)
{
    struct doc *subject = doc_add_table(arena, list, NULL);
    doc_add_text(arena, subject, "name", name);
    doc_add_text(arena, doc_add_table(arena, subject, "digest"), "sha256", sha256);
}

const char *statement_print(const struct statement *statement, struct arena *arena)
{
    struct doc *doc = doc_new(arena, DOC_TABLE);
    doc_add_text(arena, doc, "_type", TRUST_STATEMENT_TYPE);
    struct doc *subjects = doc_add_list(arena, doc, "subject");
    struct list files = subjects_sorted(statement->files, arena);
    LIST_FOREACH (files, struct subject, file)
        subject_print(arena, subjects, file->name, file->sha256);
    subject_print(arena, subjects,
                  archive_name(statement->namespace, statement->name, statement->version, arena),
                  statement->archive_sha256);
    doc_add_text(arena, doc, "predicateType", TRUST_PACK_PREDICATE);

    struct doc *predicate = doc_add_table(arena, doc, "predicate");
    doc_add_text(arena, predicate, "namespace", statement->namespace);
    doc_add_text(arena, predicate, "name", statement->name);
    doc_add_text(arena, predicate, "version", statement->version);
    struct doc *archive = doc_add_table(arena, predicate, "archive");
    doc_add_text(arena, archive, "mediaType", ARCHIVE_MEDIA_TYPE);
    doc_add_text(arena, doc_add_table(arena, archive, "digest"), "sha256",
                 statement->archive_sha256);
    struct doc *tar = doc_add_table(arena, predicate, "tar");
    doc_add_text(arena, doc_add_table(arena, tar, "digest"), "sha256", statement->tar_sha256);
    return json_print(doc, JSON_COMPACT_KEPT, arena);
}

/* Whatever is wrong with a statement, it is one that nobody should trust. */
static bool untrusted(struct error *err)
{
    if (err->kind == ERROR_INVALID)
        err->kind = ERROR_UNTRUSTED;
    return error_prefix(err, "statement");
}

static bool subjects_decode(const struct list *wire, struct arena *arena, struct list *out,
                            struct error *err)
{
    struct subject *subjects = ARENA_ARRAY(arena, struct subject, wire->count);
    size_t count = 0;
    if (wire->count > LIMIT_PACK_ENTRIES + 1)
        return error_set(err, TOO_LARGE, "over %d subjects", LIMIT_PACK_ENTRIES + 1);
    LIST_FOREACH (*wire, struct wire_subject, subject) {
        if (!sha256_is_text(subject->digest->sha256))
            return error_set(err, UNTRUSTED, "the digest of %s is none", subject->name);
        subjects[count++] = (struct subject){ subject->name, subject->digest->sha256 };
    }
    *out = subjects_sorted((struct list){ subjects, count }, arena);
    for (size_t i = 1; i < count; i++) {
        const char *name = LIST_AT(*out, struct subject, i)->name;
        if (strcmp(LIST_AT(*out, struct subject, i - 1)->name, name) == 0)
            return error_set(err, UNTRUSTED, "%s is there twice", name);
    }
    return count > 0 || error_set(err, UNTRUSTED, "it has no subject");
}

/* Takes the archive's subject out of the list: what it says must be what the predicate says. */
static bool archive_subject_take(struct statement *statement, struct arena *arena,
                                 struct error *err)
{
    const char *name =
        archive_name(statement->namespace, statement->name, statement->version, arena);
    struct subject *subjects = statement->files.items;
    for (size_t i = 0; i < statement->files.count; i++) {
        if (strcmp(subjects[i].name, name) != 0)
            continue;
        if (strcmp(subjects[i].sha256, statement->archive_sha256) != 0)
            return error_set(err, UNTRUSTED, "subject and predicate differ on the archive");
        statement->files.count--;
        memmove(&subjects[i], &subjects[i + 1], (statement->files.count - i) * sizeof(*subjects));
        return true;
    }
    return error_set(err, UNTRUSTED, "it has no subject %s", name);
}

static bool predicate_decode(const struct doc *doc, struct arena *arena,
                             struct statement *statement, struct error *err)
{
    struct wire_predicate predicate = { 0 };
    if (!doc || doc->kind != DOC_TABLE)
        return error_set(err, UNTRUSTED, "it has no predicate");
    if (!record_decode(doc, &wire_predicate_record, arena, &predicate, err))
        return error_prefix(err, "predicate");
    if (!sha256_is_text(predicate.archive->digest->sha256) ||
        !sha256_is_text(predicate.tar->digest->sha256))
        return error_set(err, UNTRUSTED, "a digest of the predicate is none");
    if (strcmp(predicate.archive->mediaType, ARCHIVE_MEDIA_TYPE) != 0)
        return error_set(err, UNTRUSTED, "it is of another kind of archive: %.64s",
                         predicate.archive->mediaType);
    statement->namespace = predicate.namespace;
    statement->name = predicate.name;
    statement->version = predicate.version;
    statement->archive_sha256 = predicate.archive->digest->sha256;
    statement->tar_sha256 = predicate.tar->digest->sha256;
    return archive_subject_take(statement, arena, err);
}

static bool statement_decode(const char *text, size_t len, struct arena *arena,
                             struct statement *out, struct error *err)
{
    struct wire_statement wire = { 0 };
    if (len > LIMIT_BUNDLE_BYTES)
        return error_set(err, TOO_LARGE, "over %zu bytes", LIMIT_BUNDLE_BYTES);
    if (!json_decode(text, len, &wire_statement_record, arena, &wire, err))
        return false;
    if (strcmp(wire._type, TRUST_STATEMENT_TYPE) != 0)
        return error_set(err, UNTRUSTED, "its type is %.64s, not %s", wire._type,
                         TRUST_STATEMENT_TYPE);
    struct statement statement = { .predicate_type = wire.predicateType };
    if (!subjects_decode(&wire.subject, arena, &statement.files, err))
        return false;
    if (strcmp(wire.predicateType, TRUST_PACK_PREDICATE) == 0) {
        if (!predicate_decode(wire.predicate, arena, &statement, err))
            return false;
    } else if (strcmp(wire.predicateType, TRUST_MULTI_FILE_PREDICATE) != 0)
        return error_set(err, UNTRUSTED, "a predicate %.96s says nothing about packs",
                         wire.predicateType);
    *out = statement;
    return true;
}

bool statement_parse(const char *text, size_t len, struct arena *arena, struct statement *out,
                     struct error *err)
{
    return statement_decode(text, len, arena, out, err) || untrusted(err);
}
