#include "client/cmd/pkg/keys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cmd/pkg/keys_parts.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/secret/keyring.h"
#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/random.h"
#include "lib/base/text.h"
#include "lib/pack/ref.h"

#define KEYS_MAX 256

DEFINE_CLEANUP(DIR *, closedir)

static const struct passphrase none;

static void buf_wipep(struct buf *buf)
{
    buf_wipe(buf);
}

static const char *keys_folder(const struct folders *folders, struct arena *arena)
{
    return path_join(arena, folders->config, "keys");
}

const char *key_path(const struct folders *folders, const char *name, const char *half,
                     struct arena *arena)
{
    return arena_printf(arena, "%s/keys/%s%s", folders->config, name, half);
}

bool key_is_path(const char *name)
{
    return strchr(name, '/') || text_ends(name, KEY_PRIVATE);
}

/* To the end, whatever it is: a file, a pipe. Keys fit into the first piece. */
static bool pem_take(int fd, struct buf *out, struct error *err)
{
    char piece[4096];
    bool ok = true;
    for (ssize_t got = 1; ok && got != 0;) {
        got = read(fd, piece, sizeof(piece));
        if (got < 0 && errno != EINTR)
            ok = error_set_errno(err, "read");
        else if (got > 0)
            ok = buf_append(out, piece, (size_t)got, err);
    }
    secret_wipe(piece, sizeof(piece));
    return ok && (out->len || error_set(err, INVALID, "the file is empty"));
}

/* own: of nono's folder, where nobody else has any business. */
static bool pem_read(const char *path, bool own, struct buf *out, struct error *err)
{
    struct stat st;
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return error_set_errno(err, "%s", path);
    if (S_ISDIR(st.st_mode))
        return error_set(err, INVALID, "%s is a folder", path);
    if (own && (st.st_mode & 077)) {
        error_set(err, DENIED, "%s can be read by others (mode %03o)", path,
                  (unsigned)(st.st_mode & 0777));
        return error_hint(err, "chmod 600 %s", path);
    }
    return pem_take(fd, out, err) || error_prefix(err, "%s", path);
}

/* Asks for the passphrase when there has to be one. */
static bool pem_open(const struct buf *pem, char *passphrase, struct private_key **out,
                     struct error *err)
{
    *passphrase = '\0';
    if (!private_key_is_encrypted(pem->data, pem->len))
        return private_key_read(pem->data, pem->len, none, out, err);
    if (!passphrase_ask(passphrase, err))
        return false;
    const struct passphrase known = { passphrase, strlen(passphrase) };
    return private_key_read(pem->data, pem->len, known, out, err);
}

static void public_take(const struct public_key *key, struct arena *arena, struct key_facts *out)
{
    out->type = key_type_names[public_key_type(key)];
    out->id = arena_printf(arena, "%s", public_key_id(key));
    out->public_pem = public_key_pem(key, arena);
}

static void public_of(const struct private_key *key, struct arena *arena, struct key_facts *out)
{
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    public_take(public, arena, out);
}

/* Facts stay NULL when the private half is encrypted. NOT_FOUND when there is no such file. */
static bool private_look(const char *path, bool own, struct arena *arena, struct key_facts *out,
                         struct error *err)
{
    CLEANUP(buf_wipep) struct buf pem;
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    buf_init(&pem, LIMIT_KEY_BYTES);
    if (!pem_read(path, own, &pem, err))
        return false;
    out->path = path;
    out->encrypted = private_key_is_encrypted(pem.data, pem.len);
    if (out->encrypted)
        return true;
    if (!private_key_read(pem.data, pem.len, none, &key, err))
        return error_prefix(err, "%s", path);
    public_of(key, arena, out);
    return true;
}

static bool public_look(const char *path, struct arena *arena, struct key_facts *out,
                        struct error *err)
{
    CLEANUP(public_key_freep) struct public_key *key = NULL;
    const char *text;
    size_t len;
    if (!file_read_path(path, LIMIT_KEY_BYTES, arena, &text, &len, err))
        return false;
    if (!public_key_read(text, len, &key, err))
        return error_prefix(err, "%s", path);
    public_take(key, arena, out);
    return true;
}

/* Without asking for anything. */
static bool look(const struct folders *folders, const char *name, struct arena *arena,
                 struct key_facts *out, struct error *err)
{
    *out = (struct key_facts){ .name = name };
    if (key_is_path(name))
        return private_look(name, false, arena, out, err);
    if (!pack_name_check(name, "key", err))
        return false;
    const char *private = key_path(folders, name, KEY_PRIVATE, arena);
    bool found = private_look(private, true, arena, out, err);
    if (found ? !out->encrypted : err->kind != ERROR_NOT_FOUND)
        return found;
    if (public_look(key_path(folders, name, KEY_PUBLIC, arena), arena, out, err))
        return true;
    return err->kind == ERROR_NOT_FOUND && found;
}

static bool key_open(const struct key_facts *facts, struct private_key **out, struct error *err)
{
    CLEANUP(buf_wipep) struct buf pem;
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    char passphrase[PASSPHRASE_ROOM] = "";
    const struct secret_name secret = { KEY_SECRET, facts->id };
    buf_init(&pem, LIMIT_KEY_BYTES);
    if (!(facts->path ? pem_read(facts->path, false, &pem, err) : keyring_find(&secret, &pem, err)))
        return false;
    bool ok = pem_open(&pem, passphrase, &key, err);
    secret_wipe(passphrase, sizeof(passphrase));
    if (!ok)
        return false;
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(key);
    if (facts->id && strcmp(facts->id, public_key_id(public)) != 0)
        return error_set(err, UNTRUSTED, "its private half does not belong to its public half");
    *out = STEAL(key);
    return true;
}

bool key_find(const struct folders *folders, const char *name_or_file, struct arena *arena,
              struct key_facts *out, struct error *err)
{
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    if (!look(folders, name_or_file, arena, out, err)) {
        if (err->kind != ERROR_NOT_FOUND)
            return error_prefix(err, "key %s", name_or_file);
        error_set(err, NOT_FOUND, "there is no key \"%.200s\"", name_or_file);
        return error_hint(err, "nono key list shows those there are");
    }
    if (out->id)
        return true;
    if (!key_open(out, &key, err))
        return error_prefix(err, "key %s", name_or_file);
    public_of(key, arena, out);
    return true;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once, whichever halves there are. A folder that is not there has none; one that
 * cannot be read may have some. */
static bool names_find(const struct folders *folders, struct arena *arena, struct list *out,
                       struct error *err)
{
    const char **names = ARENA_ARRAY(arena, const char *, KEYS_MAX);
    const char *folder = keys_folder(folders, arena);
    size_t count = 0, kept = 0;
    CLEANUP(closedirp) DIR *dir = opendir(folder);
    if (!dir && errno == ENOTDIR)
        return error_set(err, INVALID, "%s is not a folder", folder);
    if (!dir && errno != ENOENT)
        return error_set_errno(err, "open %s", folder);
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone */
    for (const struct dirent *entry; dir && count < KEYS_MAX && (entry = readdir(dir));) {
        bool half = text_ends(entry->d_name, KEY_PRIVATE) || text_ends(entry->d_name, KEY_PUBLIC);
        if (half && entry->d_name[0] != '.')
            names[count++] =
                arena_strndup(arena, entry->d_name, strlen(entry->d_name) - strlen(KEY_PUBLIC));
    }
    if (count)
        qsort(names, count, sizeof(*names), name_order);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(names[i], names[kept - 1]) != 0)
            names[kept++] = names[i];
    *out = (struct list){ names, kept };
    return true;
}

bool key_list(const struct folders *folders, struct arena *arena, struct list *out,
              struct error *err)
{
    struct list names;
    if (!names_find(folders, arena, &names, err))
        return false;
    struct key_facts *facts = ARENA_ARRAY(arena, struct key_facts, names.count + 1);
    size_t count = 0;
    LIST_FOREACH (names, const char *, name) {
        struct key_facts *one = &facts[count++];
        struct error why;
        if (!look(folders, *name, arena, one, &why))
            one->problem = arena_printf(arena, "%s", why.message);
    }
    *out = (struct list){ facts, count };
    return true;
}

static bool only_name(const struct folders *folders, struct arena *arena, const char **out,
                      struct error *err)
{
    struct list names;
    if (!names_find(folders, arena, &names, err))
        return false;
    if (names.count == 1) {
        *out = *LIST_AT(names, const char *, 0);
        return true;
    }
    error_set(err, INVALID,
              names.count ? "there is more than one key: say which" : "there is no signing key");
    return error_hint(err, names.count ? "--key NAME" : "nono key generate NAME");
}

bool key_load(const struct folders *folders, const char *name_or_file, struct private_key **out,
              struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct key_facts facts;
    if (!name_or_file && !only_name(folders, arena, &name_or_file, err))
        return false;
    if (!look(folders, name_or_file, arena, &facts, err)) {
        if (err->kind == ERROR_NOT_FOUND)
            error_hint(err, "nono key list shows those there are");
        return error_prefix(err, "key %s", name_or_file);
    }
    if (key_open(&facts, out, err))
        return true;
    if (!facts.path && err->kind == ERROR_UNAVAILABLE && !err->hint[0])
        error_hint(err,
                   "it is kept in the desktop keyring, which this session must have, unlocked");
    return error_prefix(err, "key %s", name_or_file);
}

bool key_read(const char *file, char *passphrase, struct private_key **out, struct error *err)
{
    CLEANUP(buf_wipep) struct buf pem;
    bool standard = strcmp(file, "-") == 0;
    buf_init(&pem, LIMIT_KEY_BYTES);
    *passphrase = '\0';
    if (!(standard ? pem_take(STDIN_FILENO, &pem, err) : pem_read(file, false, &pem, err)))
        return false;
    return pem_open(&pem, passphrase, out, err) ||
           error_prefix(err, "%s", standard ? "standard input" : file);
}
