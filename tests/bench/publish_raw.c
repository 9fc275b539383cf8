/*
 * The physical limit of a durable publish: libmicrohttpd takes the body, which is hashed, written
 * to a file that is synced and named by its digest in a synced folder, and one row is committed in
 * PostgreSQL. Nothing is unpacked, checked or looked up.
 *
 * usage: publish_raw CONNINFO FOLDER    prints its port; ends with its standard input
 */
#include <fcntl.h>
#include <libpq-fe.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 2, BODY_MAX = 1 << 20 };

struct body {
    size_t length;
    unsigned char bytes[BODY_MAX];
};

static const char *conninfo, *folder;
static _Thread_local PGconn *database;

static int blob_write(const struct body *body, const char *name)
{
    char temporary[512], path[512];
    (void)snprintf(temporary, sizeof(temporary), "%s/%s.new", folder, name);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    int dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int done = write(fd, body->bytes, body->length) == (ssize_t)body->length && fsync(fd) == 0 &&
               rename(temporary, path) == 0 && fsync(dir) == 0;
    (void)close(fd);
    (void)close(dir);
    return done;
}

static int row_insert(const char *name)
{
    if (!database) {
        database = PQconnectdb(conninfo);
        PQclear(
            PQprepare(database, "add", "INSERT INTO publish_raw (digest) VALUES ($1)", 1, NULL));
    }
    PGresult *result = PQexecPrepared(database, "add", 1, &name, NULL, NULL, 0);
    int done = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    return done;
}

static int publish(const struct body *body)
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char name[2 * sizeof(digest) + 1];
    (void)SHA256(body->bytes, body->length, digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        (void)snprintf(name + 2 * i, 3, "%02x", digest[i]);
    return blob_write(body, name) && row_insert(name);
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *size, void **state)
{
    (void)cls, (void)url, (void)method, (void)version;
    struct body *body = *state;
    if (!body) {
        body = *state = calloc(1, sizeof(*body));
        return body ? MHD_YES : MHD_NO;
    }
    if (*size > 0) {
        if (*size > BODY_MAX - body->length)
            return MHD_NO;
        memcpy(body->bytes + body->length, data, *size);
        body->length += *size;
        *size = 0;
        return MHD_YES;
    }
    unsigned status = publish(body) ? MHD_HTTP_CREATED : MHD_HTTP_INTERNAL_SERVER_ERROR;
    struct MHD_Response *response =
        MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static void completed(void *cls, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code)
{
    (void)cls, (void)connection, (void)code;
    free(*state);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    conninfo = argv[1];
    folder = argv[2];
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, 0, NULL, NULL, answer, NULL,
                         MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
                         MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    if (!daemon)
        return 1;
    (void)printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    (void)fflush(stdout);
    while (read(STDIN_FILENO, &(char){ 0 }, 1) > 0)
        ;
    MHD_stop_daemon(daemon);
    return 0;
}
