#include "registry/domain/publish.h"

#include <string.h>

#include "registry/api/api.h"

static bool part_fault(struct error *err, const char *field, const char *text, const char *hint)
{
    error_set(err, INVALID, "%s", text);
    if (hint)
        error_hint(err, "%s", hint);
    return error_field(err, "%s", field);
}

static bool artifact_take(const struct part *part, struct pack_file *file, struct error *err)
{
    if (!part->filename || !*part->filename)
        return part_fault(err, "artifact", "a part \"artifact\" has no file name",
                          "its path in the pack goes there: filename=bin/hook.sh");
    *file = (struct pack_file){ .path = part->filename, .bytes = part->bytes, .size = part->size };
    return true;
}

/* Every part has its place; one that nobody expects may be a misspelt one. */
static bool parts_sort(const struct request *req, struct publish_request *out, struct error *err)
{
    struct pack_file *files = ARENA_ARRAY(req->arena, struct pack_file, req->parts.count + 1);
    size_t count = 0;
    LIST_FOREACH (req->parts, struct part, part) {
        if (strcmp(part->name, "artifact") == 0) {
            if (!artifact_take(part, &files[count++], err))
                return false;
        } else if (strcmp(part->name, "version") != 0 && strcmp(part->name, "visibility") != 0 &&
                   strcmp(part->name, "bundle") != 0 && strcmp(part->name, "archive") != 0 &&
                   strcmp(part->name, "readme") != 0) {
            error_set(err, INVALID, "no part is called \"%s\"", part->name);
            error_hint(err, "version, bundle, archive or artifacts, visibility");
            return error_field(err, "%s", part->name);
        }
    }
    out->files = files;
    out->file_count = count;
    return true;
}

static bool bundle_take(const struct request *req, struct publish_request *out, struct error *err)
{
    const struct part *found = NULL;
    LIST_FOREACH (req->parts, struct part, part) {
        if (strcmp(part->name, "bundle") != 0)
            continue;
        if (found)
            return part_fault(err, "bundle", "there is more than one bundle",
                              "one bundle covers all the files: sign with --multi-subject");
        found = part;
    }
    if (!found)
        return part_fault(err, "bundle", "the part \"bundle\" is missing",
                          "a pack is signed: nono publish does it");
    out->bundle = (struct pack_bytes){ found->bytes, found->size };
    return true;
}

static bool content_take(const struct request *req, struct publish_request *out, struct error *err)
{
    const struct part *archive;
    if (!request_part(req, "archive", &archive, err))
        return false;
    if (archive && out->file_count)
        return part_fault(err, "archive", "there are an archive and artifacts", "send one of them");
    if (!archive && !out->file_count)
        return part_fault(err, "archive", "there is neither an archive nor an artifact", NULL);
    if (archive && archive->size == 0)
        return part_fault(err, "archive", "the archive is empty", NULL);
    if (archive)
        out->archive = (struct pack_bytes){ archive->bytes, archive->size };
    return true;
}

/*
 * POST /packages/{ns}/{name}/versions. The form of the original's first clients carried the README
 * in a field too: it was not signed, so it is taken and left aside.
 */
bool version_publish_post(struct registry *registry, const struct request *req,
                          struct response *res, struct error *err)
{
    struct publish_request request = { .namespace = request_param(req, "ns"),
                                       .name = request_param(req, "name") };
    struct publish_result result;
    struct actor actor = api_actor(req);
    if (!parts_sort(req, &request, err) ||
        !request_part_text(req, "version", &request.version, err) ||
        !request_part_text(req, "visibility", &request.visibility, err))
        return false;
    if (!request.version)
        return part_fault(err, "version", "the part \"version\" is missing", NULL);
    if (!bundle_take(req, &request, err) || !content_take(req, &request, err) ||
        !version_publish(registry, &request, &actor, req->arena, &result, err))
        return false;
    response_json(res, result.created ? 201 : 200, &publish_result_record, &result, req->arena);
    if (result.mended)
        response_drop(res, "*"); /* other packs may have the same blobs */
    else
        api_drop(res, req, request.namespace, request.name);
    return true;
}
