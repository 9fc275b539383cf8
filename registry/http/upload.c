#include "registry/http/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/files.h"
#include "lib/base/mem.h"
#include "registry/http/multipart.h"

/* Where a run of bytes is, until the whole is known. */
struct piece {
    struct part part;
    char *memory;        /* in the arena, or NULL when it is in the file */
    size_t room;         /* of memory */
    uint64_t file_start; /* in the file, at a page's begin */
};

struct upload {
    struct upload_config config;
    struct multipart *form;
    struct piece *pieces;
    size_t count, capacity;
    size_t received;
    size_t in_memory;
    int fd;
    uint64_t file_end;
    size_t held; /* of config.room, ours */
    int64_t holder;
    void *map;
    size_t map_len;
    struct error err;
};

#define PAGE ((uint64_t)4096)

static struct piece *piece_new(struct upload *upload)
{
    if (upload->count == upload->capacity) {
        upload->capacity = upload->capacity ? upload->capacity * 2 : 4;
        upload->pieces = xreallocarray(upload->pieces, upload->capacity, sizeof(*upload->pieces));
    }
    struct piece *piece = &upload->pieces[upload->count++];
    *piece = (struct piece){ .part = { .name = "", .bytes = "" } };
    return piece;
}

static bool file_make(struct upload *upload, struct error *err)
{
    if (upload->fd >= 0)
        return true;
    upload->fd = open(upload->config.temp_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (upload->fd >= 0)
        return true;
    char path[4096]; /* a file system without unnamed files: one whose name is gone at once */
    if ((size_t)snprintf(path, sizeof(path), "%s/upload-XXXXXX", upload->config.temp_dir) >=
        sizeof(path))
        return error_set(err, INTERNAL, "the temporary folder's path is too long");
    upload->fd = mkostemp(path, O_CLOEXEC);
    if (upload->fd < 0)
        return error_set_errno(err, "temporary file");
    (void)unlink(path);
    return true;
}

/* A small body may come before anybody knows whose it is: it stays with whom it began. */
static bool file_grow(struct upload *upload, size_t len, struct error *err)
{
    struct room *room = upload->config.room;
    if (!room)
        return true;
    if (upload->held == 0)
        upload->holder = *upload->config.account;
    if (!room_take(room, upload->holder, len, err))
        return false;
    upload->held += len;
    return true;
}

static bool file_put(struct upload *upload, struct piece *piece, const char *bytes, size_t len,
                     struct error *err)
{
    if (!file_grow(upload, len, err))
        return false;
    uint64_t at = piece->file_start + piece->part.size;
    for (size_t done = 0; done < len;) {
        ssize_t put = pwrite(upload->fd, bytes + done, len - done, (off_t)(at + done));
        if (put < 0 && errno != EINTR)
            return error_set_errno(err, "temporary file");
        done += put > 0 ? (size_t)put : 0;
    }
    upload->file_end = at + len;
    return true;
}

/* Moves a piece that grew too large for memory to the file; the one that is last. */
static bool piece_spill(struct upload *upload, struct piece *piece, struct error *err)
{
    if (!file_make(upload, err))
        return false;
    piece->file_start = (upload->file_end + PAGE - 1) / PAGE * PAGE;
    size_t held = piece->part.size;
    piece->part.size = 0;
    if (!file_put(upload, piece, piece->memory ? piece->memory : "", held, err))
        return false;
    piece->part.size = held;
    upload->in_memory -= piece->room;
    piece->memory = NULL;
    piece->room = 0;
    piece->part.bytes = NULL;
    return true;
}

static void piece_grow(struct upload *upload, struct piece *piece, size_t need)
{
    size_t room = piece->room ? piece->room * 2 : 512;
    while (room < need)
        room *= 2;
    char *memory = arena_alloc(upload->config.arena, room, 1);
    if (piece->part.size)
        memcpy(memory, piece->memory, piece->part.size);
    upload->in_memory += room - piece->room;
    piece->memory = memory;
    piece->room = room;
    piece->part.bytes = memory;
}

static bool piece_add(struct upload *upload, struct piece *piece, const char *bytes, size_t len,
                      struct error *err)
{
    bool in_file = !piece->part.bytes;
    size_t need = piece->part.size + len + 1;
    bool plain = upload->config.kind == BODY_JSON || upload->config.kind == BODY_FORM;
    bool fits = upload->in_memory + 2 * need <= UPLOAD_MEMORY_MAX || plain;
    if (!in_file && need > piece->room && fits)
        piece_grow(upload, piece, need);
    else if (!in_file && need > piece->room && !piece_spill(upload, piece, err))
        return false;
    if (piece->part.bytes)
        memcpy(piece->memory + piece->part.size, bytes, len);
    else if (!file_put(upload, piece, bytes, len, err))
        return false;
    piece->part.size += len;
    return true;
}

static const char *name_keep(struct upload *upload, const char *text)
{
    return text ? arena_strndup(upload->config.arena, text, strlen(text)) : NULL;
}

static bool part_begin(void *context, const char *name, const char *filename, const char *type,
                       struct error *err)
{
    struct upload *upload = context;
    if (upload->count == UPLOAD_PARTS_MAX)
        return error_set(err, TOO_LARGE, "more than %d parts", UPLOAD_PARTS_MAX);
    struct piece *piece = piece_new(upload);
    piece->part.name = name_keep(upload, name);
    piece->part.filename = name_keep(upload, filename);
    piece->part.content_type = name_keep(upload, type);
    return true;
}

static bool part_data(void *context, const char *bytes, size_t len, struct error *err)
{
    struct upload *upload = context;
    return piece_add(upload, &upload->pieces[upload->count - 1], bytes, len, err);
}

bool upload_new(const struct upload_config *config, struct upload **out, struct error *err)
{
    CLEANUP(upload_freep) struct upload *upload = xnew(struct upload);
    upload->config = *config;
    upload->fd = -1;
    struct multipart_sink sink = { part_begin, part_data, upload };
    if (config->kind != BODY_MULTIPART)
        (void)piece_new(upload);
    else if (!multipart_new(config->content_type, sink, &upload->form, err))
        return false;
    *out = STEAL(upload);
    return true;
}

static void file_drop(struct upload *upload)
{
    closep(&upload->fd);
    upload->fd = -1;
    if (upload->config.room)
        room_return(upload->config.room, upload->holder, upload->held);
    upload->held = 0;
}

void upload_free(struct upload *upload)
{
    if (!upload)
        return;
    multipart_free(upload->form);
    if (upload->map)
        (void)munmap(upload->map, upload->map_len);
    file_drop(upload);
    free(upload->pieces);
    free(upload);
}

bool upload_add(struct upload *upload, const char *bytes, size_t len, struct error *err)
{
    struct error *mine = &upload->err;
    if (mine->kind == ERROR_NONE && len > upload->config.max - upload->received)
        error_set(mine, TOO_LARGE, "the body is over %zu bytes", upload->config.max);
    upload->received += mine->kind == ERROR_NONE ? len : 0;
    if (mine->kind == ERROR_NONE &&
        (upload->form ? multipart_add(upload->form, bytes, len, mine)
                      : piece_add(upload, &upload->pieces[0], bytes, len, mine)))
        return true;
    file_drop(upload);
    *err = *mine;
    return false;
}

/* The file is ours alone and has no name, so that nothing can cut it short under the map. */
static bool file_map(struct upload *upload, struct error *err)
{
    if (upload->file_end == 0)
        return true;
    void *map = mmap(NULL, (size_t)upload->file_end, PROT_READ, MAP_PRIVATE, upload->fd, 0);
    if (map == MAP_FAILED)
        return error_set_errno(err, "map the body");
    upload->map = map;
    upload->map_len = (size_t)upload->file_end;
    return true;
}

bool upload_end(struct upload *upload, struct request *req, struct error *err)
{
    if (upload->err.kind != ERROR_NONE) {
        *err = upload->err;
        return false;
    }
    if ((upload->form && !multipart_end(upload->form, err)) || !file_map(upload, err))
        return false;
    struct part *parts = ARENA_ARRAY(req->arena, struct part, upload->count + 1);
    for (size_t i = 0; i < upload->count; i++) {
        struct piece *piece = &upload->pieces[i];
        parts[i] = piece->part;
        if (!piece->part.bytes)
            parts[i].bytes = (const char *)upload->map + piece->file_start;
    }
    req->parts = (struct list){ parts, upload->config.kind == BODY_MULTIPART ||
                                               upload->config.kind == BODY_RAW
                                           ? upload->count
                                           : 0 };
    if (upload->config.kind != BODY_MULTIPART) {
        req->body = parts[0].bytes;
        req->body_len = parts[0].size;
    }
    return true;
}
