/* nono-registry serve: everything put together, and the order in which it comes and goes. */
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/files.h"
#include "lib/base/log.h"
#include "lib/base/mem.h"
#include "lib/base/random.h"
#include "lib/pack/archive.h"
#include "lib/profile/profile.h"
#include "registry/api/routes.h"
#include "registry/auth/people.h"
#include "registry/cmd/commands.h"
#include "registry/cmd/guard.h"
#include "registry/cmd/health.h"
#include "registry/cmd/listen.h"
#include "registry/cmd/notify.h"
#include "registry/cmd/reload.h"
#include "registry/cmd/store.h"
#include "registry/db/cluster.h"
#include "registry/db/db.h"
#include "registry/domain/downloads.h"
#include "registry/http/proxies.h"
#include "registry/http/server.h"
#include "registry/http/tls.h"
#include "registry/job/job.h"

struct serve {
    struct store store;
    struct route *routes;
    size_t route_count;
    struct serving *workers;      /* worker_count of them */
    struct registry **registries; /* their addresses */
    size_t worker_count;
    struct serving inside; /* what inline handlers get: no connection */
    struct registry *inside_registry;
    struct metrics *metrics;
    struct proxies *proxies;
    struct downloads *downloads;
    struct server *server, *admin;
    struct job *job;
    struct tls *tls; /* NULL for plain HTTP */
    const char *temp_dir;
    const char *url; /* told to who starts it: it may lead here alone */
    bool inherited;  /* the listening socket is the service manager's */
    int ends, hangups;
    struct guard starting;
};

#define START_PATIENCE_MS 5000 /* of someone who ends a start */
#define STOP_PATIENCE_S   15   /* besides the time for what had begun */

/* The tables of the API and of operation as one. */
static void routes_join(struct serve *serve)
{
    serve->route_count = registry_routes_count + health_routes_count;
    serve->routes = xcalloc(serve->route_count, sizeof(*serve->routes));
    memcpy(serve->routes, registry_routes, registry_routes_count * sizeof(*serve->routes));
    memcpy(serve->routes + registry_routes_count, health_routes,
           health_routes_count * sizeof(*serve->routes));
    serve->metrics = metrics_new(serve->routes, serve->route_count);
}

/* A connection of its own for each worker, all at once: each is some milliseconds. */
struct opening {
    const struct store *store;
    struct serving *out;
    struct error err;
    bool ok;
    pthread_t thread;
};

static void *opening_main(void *context)
{
    struct opening *opening = context;
    opening->ok = store_registry(opening->store, &opening->out->registry, &opening->err);
    return NULL;
}

static bool workers_open(struct serve *serve, struct error *err)
{
    serve->worker_count = serve->store.config.workers;
    size_t count = serve->worker_count + 1; /* the last is the admin listener's */
    serve->workers = xcalloc(count, sizeof(*serve->workers));
    serve->registries = xcalloc(count, sizeof(struct registry *)); /* NOLINT: of pointers */
    struct opening *openings = xcalloc(count, sizeof(*openings));
    bool ok = true;
    for (size_t i = 0; i < count; i++) {
        openings[i] = (struct opening){ .store = &serve->store, .out = &serve->workers[i] };
        serve->registries[i] = &serve->workers[i].registry;
        if (pthread_create(&openings[i].thread, NULL, opening_main, &openings[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(openings[i].thread, NULL);
        if (ok && !openings[i].ok)
            *err = openings[i].err;
        ok = ok && openings[i].ok;
    }
    for (size_t i = 0; i < count; i++) {
        serve->workers[i].metrics = serve->metrics;
        serve->workers[i].registry.memory = archive_memory_new();
    }
    free(openings);
    return ok;
}

static bool tls_read(struct serve *serve, struct error *err)
{
    const struct config_tls *tls = serve->store.config.tls;
    return !tls || tls_new(&(struct tls_files){ tls->cert, tls->key }, &serve->tls, err);
}

/* Large bodies wait beside the blobs: a file system with room, and never a small /tmp. */
static bool temp_dir_make(struct serve *serve, struct error *err)
{
    serve->temp_dir = path_join(serve->store.arena, serve->store.config.blob_dir, "tmp");
    struct stat status;
    return stat(serve->temp_dir, &status) == 0 || error_set_errno(err, "%s", serve->temp_dir);
}

static void download_count(void *context, const char *version_id)
{
    downloads_count(context, version_id);
}

static struct server_config server_settings(const struct serve *serve, int listener, bool admin)
{
    const struct config *config = &serve->store.config;
    return (struct server_config){
        .listen_fd = listener,
        .listen_shared = serve->inherited && !admin,
        .threads = admin ? 1 : (unsigned)config->threads,
        .table = { serve->routes, serve->route_count, admin },
        .workers = serve->registries + (admin ? serve->worker_count : 0),
        .worker_count = admin ? 1 : serve->worker_count,
        .inline_registry = serve->inside_registry,
        .authorize = api_authorize,
        .tls = admin ? NULL : serve->tls,
        .temp_dir = serve->temp_dir,
        .web_dir = admin ? NULL : config->web_dir,
        .name = config->name,
        .proxies = serve->proxies,
        .metrics = serve->metrics,
        .cache_bytes = admin ? 0 : config->cache_bytes,
        .connections_max = (unsigned)config->limits->connections,
        .connections_per_ip_max = (unsigned)config->limits->connections_per_address,
        .timeout_s = (unsigned)config->timeout_seconds,
        .count = download_count,
        .count_context = serve->downloads,
        .access_log = config->access_log == CONFIG_ON && !admin,
    };
}

/* The address people use, when no base_url says better: known once the port is. */
static void base_url_fill(struct serve *serve, int listener)
{
    struct store *store = &serve->store;
    char host[64] = "127.0.0.1";
    uint16_t port = 0;
    struct error ignored;
    serve->url = store->settings.base_url;
    if (store->config.base_url)
        return;
    if (!listen_parse(store->config.listen, host, sizeof(host), &port, &ignored))
        return; /* a socket's path: links are relative then */
    port = listen_port(listener);
    bool any = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0, v6 = strchr(host, ':');
    serve->url =
        arena_printf(store->arena, "http%s://%s%s%s:%u", serve->tls ? "s" : "",
                     v6 && !any ? "[" : "", any ? "127.0.0.1" : host, v6 && !any ? "]" : "", port);
    if (!any && !serve->inherited) /* else none can be told to people elsewhere */
        store->settings.base_url = serve->url;
}

static bool servers_start(struct serve *serve, int listener, int admin, struct error *err)
{
    struct server_config settings = server_settings(serve, listener, false);
    if (!server_start(&settings, &serve->server, err))
        return false;
    server_cache_enable(serve->server, false); /* until changes are heard of */
    if (admin < 0)
        return true;
    settings = server_settings(serve, admin, true);
    return server_start(&settings, &serve->admin, err) || error_prefix(err, "admin_listen");
}

static void hook_drop(void *context, const char *tag)
{
    struct serve *serve = context;
    server_drop(serve->server, tag);
}

static void hook_hearing(void *context, bool hears)
{
    struct serve *serve = context;
    server_cache_enable(serve->server, hears);
    metrics_set(serve->metrics, GAUGE_DATABASE_UP, hears);
    if (!hears)
        metrics_add(serve->metrics, COUNTER_DATABASE_RECONNECTS, 1);
}

static void hook_collected(void *context, uint64_t blobs)
{
    struct serve *serve = context;
    metrics_add(serve->metrics, COUNTER_BLOBS_COLLECTED, (int64_t)blobs);
}

static bool jobs_start(struct serve *serve, struct error *err)
{
    struct job_config config = {
        .url = serve->store.url,
        .channel = API_CHANGES_CHANNEL,
        .registry = serve->store.registry,
        .hooks = { hook_drop, hook_hearing, hook_collected, serve },
    };
    return job_start(&config, &serve->job, err);
}

/* Shown once, to whoever started the registry for the first time; never logged. */
static bool first_administrator(struct serve *serve, struct error *err)
{
    char *password = NULL;
    if (!people_bootstrap(serve->store.registry.db, serve->store.arena, &password, err))
        return false;
    if (!password)
        return true;
    printf("The first administrator is \"" PEOPLE_FIRST_LOGIN "\", the password %s\n"
           "It is not shown again: change it after signing in.\n",
           password);
    if (fflush(stdout) != 0) {
        clearerr(stdout);
        log_warn("administrator.untold", KV("login", PEOPLE_FIRST_LOGIN),
                 KV("note", "standard output cannot be written: nono-registry admin user reset"));
    }
    secret_wipe(password, strlen(password));
    return true;
}

static bool listener_open(const char *setting, const char *variable, const char *address,
                          int *out_fd, struct error *err)
{
    if (listen_open(address, out_fd, err))
        return true;
    return err->kind == ERROR_CONFLICT
               ? error_hint(err,
                            "another program listens there; %s in the configuration, or %s, names "
                            "another address",
                            setting, variable)
               : false;
}

static bool listeners_open(struct serve *serve, int *listener, int *admin, struct error *err)
{
    const struct config *config = &serve->store.config;
    *listener = listen_inherited();
    serve->inherited = *listener >= 0;
    return (*listener >= 0 ||
            listener_open("listen", "NONO_REGISTRY_LISTEN", config->listen, listener, err)) &&
           (!config->admin_listen || listener_open("admin_listen", "NONO_REGISTRY_ADMIN_LISTEN",
                                                   config->admin_listen, admin, err));
}

static bool start(struct serve *serve, struct error *err)
{
    CLEANUP(closep) int listener = -1;
    CLEANUP(closep) int admin = -1;
    routes_join(serve);
    profile_builtin_keep();
    serve->downloads = downloads_new();
    serve->store.registry.downloads = serve->downloads;
    serve->inside = (struct serving){ serve->store.registry, serve->metrics };
    serve->inside.registry.db = NULL;
    serve->inside_registry = &serve->inside.registry;
    if (!temp_dir_make(serve, err) || !listeners_open(serve, &listener, &admin, err))
        return false;
    base_url_fill(serve, listener);
    if (!workers_open(serve, err) || !servers_start(serve, listener, admin, err))
        return false;
    listener = admin = -1; /* the servers' now */
    return jobs_start(serve, err);
}

static void stop(struct serve *serve)
{
    unsigned deadline_ms = (unsigned)serve->store.config.drain_seconds * 1000;
    struct guard stopping = { .told = -1,
                              .limit_ms = (int)deadline_ms + STOP_PATIENCE_S * 1000,
                              .event = "registry.cut_off",
                              .status = error_exit_status(ERROR_UNAVAILABLE) };
    struct error ignored;
    guard_lift(&serve->starting);
    (void)!guard_stand(&stopping, &ignored);
    server_drain(serve->server, deadline_ms);
    job_stop(serve->job); /* it drops what the server keeps, so it goes first */
    server_stop(serve->server);
    server_stop(serve->admin);
    tls_free(serve->tls);
    for (size_t i = 0; serve->workers && i <= serve->worker_count; i++) {
        db_close(serve->workers[i].registry.db);
        archive_memory_free(serve->workers[i].registry.memory);
    }
    downloads_free(serve->downloads);
    proxies_free(serve->proxies);
    metrics_free(serve->metrics);
    free(serve->workers);
    free(serve->registries);
    free(serve->routes);
    guard_lift(&stopping);
    store_close(&serve->store);
}

static bool signal_take(int fd)
{
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof(info)) == sizeof(info);
}

/* Sleeps until a signal to end, or until PostgreSQL ends. True when we were told to. */
static bool wait_for_end(const struct serve *serve)
{
    struct cluster *cluster = serve->store.cluster;
    struct pollfd fds[] = { { .fd = serve->ends, .events = POLLIN },
                            { .fd = serve->hangups, .events = POLLIN },
                            { .fd = cluster ? cluster_watch(cluster) : -1, .events = POLLIN } };
    const int watchdog_ms = notify_watchdog_ms();
    for (;;) {
        if (poll(fds, COUNT(fds), watchdog_ms) < 0 && errno != EINTR)
            return false;
        if (watchdog_ms > 0)
            notify_manager("WATCHDOG=1");
        if (fds[2].revents) {
            log_error("cluster.ended");
            return false;
        }
        if (fds[0].revents & POLLIN && signal_take(serve->ends))
            return true;
        if (fds[1].revents & POLLIN && signal_take(serve->hangups))
            reload(opt_config, serve->tls);
    }
}

static bool signals_by_descriptor(const sigset_t *set, int *out_fd, struct error *err)
{
    (void)pthread_sigmask(SIG_BLOCK, set, NULL);
    *out_fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *out_fd >= 0 || error_set_errno(err, "signalfd");
}

/*
 * Signals come by descriptor, in this thread; all threads inherit the mask. A start that does not
 * come to an end, as without an answer of the database, is ended by a signal all the same.
 */
static bool signals_open(struct serve *serve, struct error *err)
{
    sigset_t ends, hangups;
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigemptyset(&hangups);
    (void)sigaddset(&hangups, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    if (!signals_by_descriptor(&ends, &serve->ends, err) ||
        !signals_by_descriptor(&hangups, &serve->hangups, err))
        return false;
    serve->starting = (struct guard){ .told = serve->ends,
                                      .limit_ms = START_PATIENCE_MS,
                                      .event = "registry.start_ended" };
    return guard_stand(&serve->starting, err);
}

/* A descriptor for each connection and each blob that is being sent. */
static void descriptors_raise(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/*
 * glibc's allocator keeps what was freed: for each thread its own, and large blocks too once one of
 * that size was freed (mallopt(3)). A password's hash and an unpacked archive are megabytes,
 * rarely: those go back to the kernel.
 */
static void memory_settle(void)
{
    /* NOLINTBEGIN(concurrency-mt-unsafe): no other thread yet */
    (void)mallopt(M_ARENA_MAX, 2);
    (void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    (void)mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    /* NOLINTEND(concurrency-mt-unsafe) */
}

/*
 * Every statement is prepared once, so that one that the schema does not have stops the program:
 * before it serves when the schema is new, and else right after, since that takes its time.
 */
static bool statements_check(const struct serve *serve, struct error *err)
{
    return db_prepare(serve->store.registry.db, err);
}

/* Before anything is made: a registry with a setting that is wrong leaves nothing behind. */
static bool configure(struct serve *serve, struct error *err)
{
    return store_configure(&serve->store, opt_config, err) && tls_read(serve, err) &&
           proxies_new(serve->store.config.trusted_proxies, &serve->proxies, err);
}

static bool run(struct serve *serve, struct error *err)
{
    if (!configure(serve, err) || !store_open(&serve->store, STORE_MIGRATE, STORE_ALONE, err))
        return false;
    if ((serve->store.migrated && !statements_check(serve, err)) || !start(serve, err) ||
        !first_administrator(serve, err))
        return false;
    log_info("registry.ready", KV("version", NONO_VERSION), KV("url", serve->url),
             KV("admin_port", serve->admin ? server_port(serve->admin) : 0),
             KV("us", clock_monotonic_us() - serve->store.database_us));
    if (isatty(STDOUT_FILENO) == 1 && *serve->url) { /* a person, too */
        printf("The registry is at %s until Ctrl-C.\n", serve->url);
        (void)fflush(stdout);
    }
    notify_manager("READY=1");
    if (!statements_check(serve, err))
        return false;
    guard_lift(&serve->starting);
    bool told = wait_for_end(serve);
    notify_manager("STOPPING=1");
    log_info("registry.stopping");
    return told || error_set(err, UNAVAILABLE, "the embedded PostgreSQL ended");
}

static bool serve_run(const char **operands, int *status, struct error *err)
{
    struct serve serve = { .ends = -1, .hangups = -1 };
    (void)operands, (void)status;
    descriptors_raise();
    memory_settle();
    bool ok = signals_open(&serve, err);
    if (ok) {
        ok = run(&serve, err);
        stop(&serve);
    }
    closep(&serve.ends);
    closep(&serve.hangups);
    if (ok)
        log_info("registry.stopped");
    return ok;
}

static const struct poptOption options[] = {
    CONFIG_OPTION,
    POPT_AUTOHELP POPT_TABLEEND,
};

const struct verb verb_serve = {
    .name = "serve",
    .summary = "run the registry until SIGTERM or SIGINT",
    .options = options,
    .run = serve_run,
};
