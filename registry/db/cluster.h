/*
 * A private PostgreSQL cluster: made by initdb and run by us, in a folder of ours, reachable by a
 * Unix socket that only its user and root can reach. What a registry uses that was given no
 * database_url.
 *
 * PostgreSQL does not run as root: started by root, it runs as the user "postgres", or "nobody".
 * It ends with us, however we end: it is told to when this process dies. One that was left by a
 * process that died is stopped before ours starts.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"

struct cluster;

struct cluster_config {
    const char *data_dir; /* absolute; made when missing. The cluster is its folder "postgres" */
    const char *bin_dir;  /* of PostgreSQL's programs; NULL: the newest that is installed */
    unsigned connections; /* that clients may open */
    int silence_ms;       /* after which a start is given up; 0: a minute */
};

/*
 * Returns when it takes connections; after a crash that may take as long as the recovery does.
 * Called by the main thread, whose end ends PostgreSQL. CONFLICT
 * when another process uses the folder.
 */
bool cluster_start(const struct cluster_config *config, struct cluster **out, struct error *err)
    MUST_CHECK;
/* The connection string of the cluster that another process runs in data_dir. */
const char *cluster_url_of(const char *data_dir, struct arena *arena);
/* Whether that database is there yet. */
bool cluster_answers(const char *url);
/* The connection string of its database; lives as long as the cluster. */
const char *cluster_url(const struct cluster *cluster);
/* A descriptor that becomes readable when PostgreSQL has ended. */
int cluster_watch(const struct cluster *cluster);
/* Stops it: waits for its checkpoint. NULL is allowed. */
void cluster_stop(struct cluster *cluster);
DEFINE_CLEANUP(struct cluster *, cluster_stop)

/*
 * The folder for sockets of a cluster: "socket" in data_dir's real path, or one in /tmp that is
 * named by that path's digest when it is too long for a Unix socket. Exposed for its test.
 */
const char *cluster_socket_dir(const char *data_dir, struct arena *arena);
