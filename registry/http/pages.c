/* The web pages: files of one folder, and its index.html for the addresses of the application. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/files.h"
#include "lib/base/limits.h"
#include "lib/base/text.h"
#include "registry/http/accept.h"
#include "registry/http/internal.h"
#include "registry/http/uri.h"

#define PAGE_CSP                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "    \
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; " \
    "base-uri 'none'; form-action 'self'"

static const char *type_of(const char *path)
{
    static const char *const types[][2] = {
        { ".html", "text/html; charset=utf-8" },
        { ".js", "text/javascript; charset=utf-8" },
        { ".css", "text/css; charset=utf-8" },
        { ".svg", "image/svg+xml" },
        { ".png", "image/png" },
        { ".ico", "image/x-icon" },
        { ".json", "application/json" },
        { ".webmanifest", "application/manifest+json" },
        { ".txt", "text/plain; charset=utf-8" },
        { ".woff2", "font/woff2" },
    };
    for (size_t i = 0; i < COUNT(types); i++)
        if (text_ends(path, types[i][0]))
            return types[i][1];
    return "application/octet-stream";
}

/* The addresses that the application has a page for, a star for any one segment: the same as in
 * web/src/addresses.ts. */
static const char *const applications[] = {
    "",
    "login",
    "device",
    "account",
    "account/tokens",
    "organisations/*",
    "packages/*/*",
    "packages/*/*/versions",
    "packages/*/*/files",
    "packages/*/*/v/*",
    "packages/*/*/v/*/versions",
    "packages/*/*/v/*/files",
};

/* Moves to the next segment and says how long it is. Empty ones are none, as in the browser. */
static size_t segment_next(const char **at)
{
    *at += strspn(*at, "/");
    return strcspn(*at, "/");
}

static bool is_like(const char *path, const char *pattern)
{
    size_t len = segment_next(&path), wanted = segment_next(&pattern);
    while (len > 0 && wanted > 0) {
        bool any = wanted == 1 && *pattern == '*';
        if (!any && (len != wanted || strncmp(path, pattern, len) != 0))
            return false;
        path += len;
        pattern += wanted;
        len = segment_next(&path);
        wanted = segment_next(&pattern);
    }
    return len == wanted;
}

static bool is_application(const char *path)
{
    if (*path == '/')
        return false; /* "//packages" is not "/packages" */
    for (size_t i = 0; i < COUNT(applications); i++)
        if (is_like(path, applications[i]))
            return true;
    return false;
}

struct page {
    const char *path;
    const char *encoding; /* Content-Encoding, or NULL */
    int fd;
    struct stat status;
};

static bool page_open(const struct server *server, const char *path, const char *encoding,
                      struct page *out)
{
    struct error ignored;
    CLEANUP(closep) int fd = -1;
    if (!*path ||
        !file_open_beneath(server->pages, path, O_RDONLY | O_NONBLOCK, 0, &fd, &ignored) ||
        fstat(fd, &out->status) != 0 || !S_ISREG(out->status.st_mode))
        return false;
    out->path = path;
    out->encoding = encoding;
    out->fd = fd;
    fd = -1;
    return true;
}

#define TITLE "<title>" SERVER_NAME "</title>"

/* The page that is not served as it lies there: what was compressed has another name in it. */
static bool is_renamed(const struct server *server, const char *path)
{
    return strcmp(path, "index.html") == 0 && strcmp(server->config.name, SERVER_NAME) != 0;
}

static const char *html_escape(const char *text, struct arena *arena)
{
    char *out = arena_alloc(arena, strlen(text) + 1, sizeof("&amp;")), *at = out;
    for (; *text; text++) {
        const char *entity = *text == '&' ? "&amp;" : *text == '<' ? "&lt;" : NULL;
        size_t len = entity ? strlen(entity) : 1;
        memcpy(at, entity ? entity : text, len);
        at += len;
    }
    return out;
}

/* The title has the registry's name, and from there the application has it: before it draws
 * anything, and without a script in the page. */
static const char *page_rename(const struct server *server, const char *html, struct arena *arena)
{
    const char *title = strstr(html, TITLE);
    return title ? arena_printf(arena, "%.*s<title>%s</title>%s", (int)(title - html), html,
                                html_escape(server->config.name, arena), title + strlen(TITLE))
                 : html;
}

/* The file, or of its copies that were compressed when the pages were built the one that the client
 * likes best; as good as another is the smaller. Who takes nothing at all gets it plain. */
static bool page_choose(const struct server *server, const struct exchange *exchange,
                        const char *path, struct page *out)
{
    if (is_renamed(server, path))
        return page_open(server, path, NULL, out);
    static const char *const encodings[][2] = { { "br", "br" }, { "gzip", "gz" } };
    const char *field = request_field(&exchange->req, "Accept-Encoding");
    unsigned quality[COUNT(encodings)], plain = accept_quality(field, "identity");
    for (size_t i = 0; i < COUNT(encodings); i++)
        quality[i] = accept_quality(field, encodings[i][0]);
    for (unsigned tries = 0; tries < COUNT(encodings) && *path; tries++) {
        size_t best = quality[1] > quality[0];
        if (quality[best] == 0 || quality[best] < plain)
            break;
        const char *packed = arena_printf(exchange->req.arena, "%s.%s", path, encodings[best][1]);
        if (page_open(server, packed, encodings[best][0], out)) {
            out->path = path;
            return true;
        }
        quality[best] = 0;
    }
    return page_open(server, path, NULL, out);
}

/* A browser at an address that is none gets the page that says so; a program the problem document.
 */
static bool is_for_people(const struct request *req, const char *path)
{
    const char *accept = request_header(req, "Accept");
    return accept && strstr(accept, "text/html") && !text_starts(path, "api/");
}

#define PAGE_READ_MAX (256 * KIB)

/*
 * What is under assets/ is named by its content. The rest is known by it, for its time may be that
 * of a package: then another release's index.html is as old, and as long.
 */
static bool page_fill(struct exchange *exchange, struct page *page, struct error *err)
{
    struct response *res = &exchange->res;
    struct arena *arena = exchange->req.arena;
    const struct stat *status = &page->status;
    if (text_starts(page->path, "assets/") || status->st_size > (off_t)PAGE_READ_MAX) {
        const char *etag =
            arena_printf(arena, "%llx-%llx%s", (unsigned long long)status->st_mtim.tv_sec,
                         (unsigned long long)status->st_size, page->encoding ? page->encoding : "");
        response_file(res, type_of(page->path), page->fd, (uint64_t)status->st_size, etag);
        res->freshness = text_starts(page->path, "assets/") ? FRESH_IMMUTABLE : FRESH_CHECKED;
        return true;
    }
    const char *bytes;
    size_t len;
    bool read = file_read(page->fd, PAGE_READ_MAX, arena, &bytes, &len, err);
    closep(&page->fd);
    if (!read)
        return false;
    if (is_renamed(exchange->server, page->path)) {
        bytes = page_rename(exchange->server, bytes, arena);
        len = strlen(bytes);
    }
    response_bytes(res, 200, type_of(page->path), bytes, len);
    res->freshness = FRESH_CHECKED;
    return true;
}

bool page_find(struct server *server, struct exchange *exchange, struct error *err)
{
    struct request *req = &exchange->req;
    const char *path = NULL;
    struct page page;
    if (server->pages < 0 || *req->path != '/' || server->config.table.admin)
        return error_set(err, NOT_FOUND, "there are no pages");
    if (!uri_decode(req->path + 1, strlen(req->path + 1), false, req->arena, &path, err))
        return false;
    bool known = page_choose(server, exchange, path, &page) ||
                 (is_application(path) && page_choose(server, exchange, "index.html", &page));
    if (!known && !(is_for_people(req, path) && page_choose(server, exchange, "index.html", &page)))
        return error_set(err, NOT_FOUND, "there is no page here");

    struct response *res = &exchange->res;
    if (!page_fill(exchange, &page, err))
        return false;
    if (!known) {
        res->status = 404;
        res->freshness = FRESH_NEVER;
        res->etag = NULL;
    }
    response_header(res, "Content-Security-Policy", PAGE_CSP);
    response_header(res, "X-Frame-Options", "DENY");
    response_header(res, "Vary", "Accept-Encoding");
    if (page.encoding)
        response_header(res, "Content-Encoding", page.encoding);
    reply_make(exchange);
    return true;
}
