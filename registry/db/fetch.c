/* Queries: parameters out, rows in. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/clock.h"
#include "registry/db/internal.h"

struct db_value db_time(int64_t time_us, char text[32])
{
    if (time_us == 0)
        return db_null();
    clock_print(time_us, text);
    return db_text(text);
}

/* {"a","b\"c"} */
static const char *array_print(struct list texts, struct arena *arena)
{
    size_t size = sizeof("{}");
    LIST_FOREACH (texts, const char *, text)
        size += 2 * strlen(*text) + sizeof("\"\",");
    char *out = arena_alloc(arena, size, 1), *at = out;
    *at++ = '{';
    LIST_FOREACH (texts, const char *, text) {
        if (at > out + 1)
            *at++ = ',';
        *at++ = '"';
        for (const char *from = *text; *from; from++) {
            if (*from == '"' || *from == '\\')
                *at++ = '\\';
            *at++ = *from;
        }
        *at++ = '"';
    }
    *at = '}';
    return out;
}

static void parameter_set(struct parameters *parameters, size_t i, const struct db_value *value,
                          struct arena *arena)
{
    const char **out = &parameters->values[i];
    switch (value->kind) {
    case DB_NULL:
        return;
    case DB_TEXT:
        *out = value->text;
        return;
    case DB_INTEGER:
        *out = arena_printf(arena, "%" PRId64, value->integer);
        return;
    case DB_BOOL:
        *out = value->boolean ? "t" : "f";
        return;
    case DB_BYTES:
        *out = value->bytes;
        parameters->lengths[i] = (int)value->len;
        parameters->formats[i] = 1;
        return;
    case DB_TEXTS:
        *out = array_print(value->texts, arena);
        return;
    }
}

void db_parameters(const struct query *query, struct arena *arena, struct parameters *out)
{
    assert(query->count <= DB_PARAMS_MAX);
    for (size_t i = 0; i < query->count; i++)
        parameter_set(out, i, &query->values[i], arena);
}

static bool statement_run(struct db *db, struct query query, PGresult **out, struct error *err)
{
    const struct query *one = &query;
    return db_pipeline(db, &one, 1, false, out, err);
}

/* "2026-11-23 09:30:00.5+00" is RFC 3339 but for the T and the minutes of the zone. */
static bool time_read(const char *text, int64_t *out)
{
    char copy[64];
    int len = snprintf(copy, sizeof(copy), "%s:00", text);
    if (len < 13 || (size_t)len >= sizeof(copy))
        return false;
    copy[10] = 'T';
    return clock_parse(copy, out);
}

/* One element of a one-dimensional array's text, from *at on; moves it behind. */
static const char *element_read(const char **at, struct arena *arena)
{
    const char *from = *at;
    bool quoted = *from == '"';
    from += quoted;
    char *out = arena_alloc(arena, strlen(from) + 1, 1), *to = out;
    while (*from && (quoted ? *from != '"' : *from != ',' && *from != '}')) {
        from += *from == '\\' && from[1];
        *to++ = *from++;
    }
    *at = from + (quoted && *from == '"');
    return out;
}

static bool texts_read(const char *text, struct arena *arena, struct list *out)
{
    if (*text != '{')
        return false;
    size_t most = 1;
    for (const char *at = text; *at; at++)
        most += *at == ',';
    const char **items = ARENA_ARRAY(arena, const char *, most);
    size_t count = 0;
    for (const char *at = text + 1; *at && *at != '}'; at += *at == ',')
        items[count++] = element_read(&at, arena);
    *out = (struct list){ items, count };
    return true;
}

static bool enum_read(const char *text, const char *const *names, int *out)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], text) == 0)
            return *out = i, true;
    return false;
}

static bool number_read(const char *text, bool is_signed, void *slot)
{
    char *end;
    errno = 0;
    if (is_signed)
        *(int64_t *)slot = strtoll(text, &end, 10);
    else
        *(uint64_t *)slot = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0' && (is_signed || *text != '-');
}

static bool cell_convert(const struct field *field, const char *text, struct arena *arena,
                         void *slot)
{
    switch (field->kind) {
    case FIELD_TEXT:
        *(const char **)slot = arena_strndup(arena, text, strlen(text));
        return true;
    case FIELD_U64:
        return number_read(text, false, slot);
    case FIELD_I64:
        return number_read(text, true, slot);
    case FIELD_BOOL:
        *(bool *)slot = text[0] == 't';
        return true;
    case FIELD_TIME:
        return time_read(text, slot);
    case FIELD_ENUM:
        return enum_read(text, field->names, slot);
    case FIELD_TEXTS:
        return texts_read(text, arena, slot);
    case FIELD_RECORD:
    case FIELD_LIST:
    case FIELD_DOC:
    default:
        return false;
    }
}

static bool cell_read(const PGresult *result, int row, const struct field *field,
                      struct arena *arena, void *slot, struct error *err)
{
    int column = PQfnumber(result, field->name);
    if (column < 0)
        return field->presence == OPTIONAL ||
               error_set(err, INTERNAL, "the result has no column %s", field->name);
    if (PQgetisnull(result, row, column))
        return field->presence == OPTIONAL ||
               error_set(err, INTERNAL, "column %s is null", field->name);
    return cell_convert(field, PQgetvalue(result, row, column), arena, slot) ||
           error_set(err, INTERNAL, "column %s cannot be read as its field", field->name);
}

static bool row_read(const PGresult *result, int row, const struct record *record,
                     struct arena *arena, char *out, struct error *err)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct field *field = &record->fields[i];
        if (!cell_read(result, row, field, arena, out + field->offset, err))
            return error_prefix(err, "%s", record->name);
    }
    return true;
}

bool db_row_first(const PGresult *result, const struct record *record, struct arena *arena,
                  void **out, struct error *err)
{
    bool found = PQntuples(result) > 0;
    char *row = found ? arena_alloc(arena, 1, record->size) : NULL;
    if (found && !row_read(result, 0, record, arena, row, err))
        return false;
    *out = row;
    return true;
}

bool db_rows_all(const PGresult *result, const struct record *record, struct arena *arena,
                 struct list *out, struct error *err)
{
    int count = PQntuples(result);
    char *rows = arena_alloc(arena, (size_t)count + 1, record->size);
    for (int i = 0; i < count; i++)
        if (!row_read(result, i, record, arena, rows + (size_t)i * record->size, err))
            return false;
    *out = (struct list){ rows, (size_t)count };
    return true;
}

bool db_fetch(struct db *db, struct query query, const struct record *record, struct arena *arena,
              void **out, struct error *err)
{
    CLEANUP(PQclearp) PGresult *result = NULL;
    return statement_run(db, query, &result, err) &&
           (db_row_first(result, record, arena, out, err) ||
            error_prefix(err, "%s", db_statement_name(query.statement)));
}

bool db_fetch_all(struct db *db, struct query query, const struct record *record,
                  struct arena *arena, struct list *out, struct error *err)
{
    CLEANUP(PQclearp) PGresult *result = NULL;
    return statement_run(db, query, &result, err) &&
           (db_rows_all(result, record, arena, out, err) ||
            error_prefix(err, "%s", db_statement_name(query.statement)));
}

static bool cell_is_there(const PGresult *result)
{
    return PQntuples(result) > 0 && PQnfields(result) > 0 && !PQgetisnull(result, 0, 0);
}

bool db_fetch_json(struct db *db, struct query query, struct arena *arena, const char **out,
                   size_t *len, struct error *err)
{
    CLEANUP(PQclearp) PGresult *result = NULL;
    if (!statement_run(db, query, &result, err))
        return false;
    *out = NULL;
    if (!cell_is_there(result))
        return true;
    size_t size = (size_t)PQgetlength(result, 0, 0);
    *out = arena_strndup(arena, PQgetvalue(result, 0, 0), size);
    if (len)
        *len = size;
    return true;
}

bool db_fetch_integer(struct db *db, struct query query, int64_t fallback, int64_t *out,
                      struct error *err)
{
    CLEANUP(PQclearp) PGresult *result = NULL;
    if (!statement_run(db, query, &result, err))
        return false;
    int64_t value = fallback;
    if (cell_is_there(result) && !number_read(PQgetvalue(result, 0, 0), true, &value))
        return error_set(err, INTERNAL, "%s: the result is no whole number",
                         db_statement_name(query.statement));
    *out = value;
    return true;
}

bool db_execute(struct db *db, struct query query, uint64_t *rows, struct error *err)
{
    CLEANUP(PQclearp) PGresult *result = NULL;
    if (!statement_run(db, query, &result, err))
        return false;
    const char *text = PQcmdTuples(result);
    if (rows)
        *rows = *text ? strtoull(text, NULL, 10) : 0;
    return true;
}
