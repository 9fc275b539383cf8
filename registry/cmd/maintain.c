/* nono-registry migrate, fsck. */
#include <inttypes.h>
#include <stdio.h>

#include "registry/cmd/commands.h"
#include "registry/cmd/store.h"
#include "registry/domain/fsck.h"

static const struct poptOption options[] = {
    CONFIG_OPTION,
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool migrate(const char **operands, int *status, struct error *err)
{
    struct store store;
    (void)operands, (void)status;
    bool ok = store_configure(&store, opt_config, err) &&
              store_open(&store, STORE_MIGRATE, STORE_MADE, err);
    store_close(&store);
    if (ok)
        puts("the schema is up to date");
    return ok;
}

const struct verb verb_migrate = {
    .name = "migrate",
    .summary = "bring the database's schema up to date",
    .options = options,
    .run = migrate,
};

static void tell(void *context, const struct fsck_finding *finding)
{
    (void)context;
    printf("%s %s: %s\n", finding->severity == FSCK_FAULT ? "fault " : "orphan", finding->subject,
           finding->text);
}

static bool fsck(const char **operands, int *status, struct error *err)
{
    struct store store;
    struct fsck_report report;
    (void)operands;
    bool ok = store_configure(&store, opt_config, err) &&
              store_open(&store, STORE_CHECK, STORE_EXISTING, err) &&
              fsck_run(&store.registry, tell, NULL, &report, err);
    store_close(&store);
    if (!ok)
        return false;
    printf("%" PRIu64 " versions, %" PRIu64 " blobs, %" PRIu64 " orphans, %" PRIu64
           " audit events: %" PRIu64 " faults\n",
           report.versions, report.blobs, report.orphans, report.audit_events, report.faults);
    if (report.damaged) {
        fputs(
            "Blobs are lost or damaged: publish again what is named here, with the same bytes, or\n"
            "put them back from a backup (docs/registry/operating.md).\n",
            stderr);
    }
    *status = report.faults > 0;
    return true;
}

const struct verb verb_fsck = {
    .name = "fsck",
    .summary = "check every version, blob and audit record; status 1 when something is wrong",
    .options = options,
    .run = fsck,
};
