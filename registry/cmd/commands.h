/* The commands of nono-registry. */
#pragma once

#include <popt.h>

#include "lib/base/error.h"

struct verb {
    const char *name; /* "serve", "admin user create" */
    const char *args; /* usage of the operands, or NULL when there are none */
    const char *summary;
    const struct poptOption *options; /* ends in POPT_AUTOHELP POPT_TABLEEND */
    /* operands is NULL-terminated. */
    bool (*run)(const char **operands, int *status, struct error *err);
};

/* --config and its variable; every command has it. */
extern const char *opt_config;
#define CONFIG_OPTION                                                                        \
    {                                                                                        \
        "config", 'c', POPT_ARG_STRING, &opt_config, 0, "read this file of settings", "FILE" \
    }

extern const struct verb verb_serve, verb_migrate, verb_fsck;
extern const struct verb verb_user_create, verb_user_reset, verb_user_disable, verb_user_enable;
extern const struct verb verb_user_list;
extern const struct verb verb_organisation_create, verb_organisation_member, verb_organisation_list;

/* Parses, runs and reports; the result is main's. */
int registry_main(int argc, const char **argv);
