/* nono-registry admin organisation …: organisations and the roles of people in them. */
#include <stdio.h>
#include <string.h>

#include "registry/cmd/admin.h"
#include "registry/db/db.h"
#include "registry/domain/organisation.h"

static int opt_remove;
static char *opt_display_name, *opt_owner, *opt_role;

static const struct poptOption plain_options[] = {
    CONFIG_OPTION,
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption create_options[] = {
    CONFIG_OPTION,
    { "owner", 0, POPT_ARG_STRING, &opt_owner, 0, "the user who owns it", "LOGIN" },
    { "display-name", 0, POPT_ARG_STRING, &opt_display_name, 0, "the name shown to people",
      "NAME" },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption member_options[] = {
    CONFIG_OPTION,
    { "role", 0, POPT_ARG_STRING, &opt_role, 0,
      "what they are from now on: reader, publisher, maintainer or owner", "ROLE" },
    { "remove", 0, POPT_ARG_NONE, &opt_remove, 0, "take their role away", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

/* The operator, whom the audit trail calls "system". */
static const struct principal machine = { .is_admin = true, .scopes = SCOPE_ALL };
static const struct actor machine_actor = { &machine, "" };

static bool organisation_create(struct store *store, const char **operands, struct error *err)
{
    struct account *account;
    if (!opt_owner)
        return error_set(err, INVALID, "--owner is missing: an organisation has an owner");
    if (!admin_account(store, opt_owner, &account, err))
        return false;
    struct organisation_request request = { operands[0], opt_display_name, account };
    if (!organisation_make(&store->registry, &request, &machine_actor, err))
        return false;
    printf("%s belongs to %s\n", operands[0], account->login);
    return true;
}

static bool role_parse(enum role *out, struct error *err)
{
    if (!opt_role && !opt_remove)
        return error_set(err, INVALID, "--role or --remove is missing");
    if (opt_role && opt_remove)
        return error_set(err, INVALID, "--role and --remove cannot both be");
    enum role role = ROLE_NONE;
    while (opt_role && role_names[++role])
        if (strcmp(opt_role, role_names[role]) == 0)
            break;
    if (opt_role && !role_names[role])
        return error_set(err, INVALID, "--role: expected reader, publisher, maintainer or owner");
    *out = role;
    return true;
}

static bool member_change(struct store *store, const char **operands, struct error *err)
{
    struct member_request request = { operands[0], operands[1], ROLE_NONE };
    if (!role_parse(&request.role, err) ||
        !member_set(&store->registry, &request, &machine_actor, err))
        return false;
    if (request.role)
        printf("%s is %s of %s\n", operands[1], role_names[request.role], operands[0]);
    else
        printf("%s is no member of %s any more\n", operands[1], operands[0]);
    return true;
}

struct member {
    const char *organisation, *login, *role;
};

static const struct field member_fields[] = {
    TEXT(struct member, organisation, REQUIRED),
    TEXT(struct member, login, REQUIRED),
    TEXT(struct member, role, REQUIRED),
};
static const struct record member_record = RECORD(struct member, "membership", member_fields);

static bool members_list(struct store *store, const char **operands, struct error *err)
{
    struct list members;
    (void)operands;
    if (!db_fetch_all(store->registry.db, QUERY(membership_list_all), &member_record, store->arena,
                      &members, err))
        return false;
    LIST_FOREACH (members, const struct member, member)
        printf("%s  %s  %s\n", member->organisation, member->role, member->login);
    return true;
}

ADMIN_RUN(create_run, 1, organisation_create)
ADMIN_RUN(member_run, 2, member_change)
ADMIN_RUN(list_run, 0, members_list)

const struct verb verb_organisation_create = { "admin organisation create", "NAME",
                                               "make an organisation", create_options, create_run };
const struct verb verb_organisation_member = { "admin organisation member", "ORG LOGIN",
                                               "give a user a role, or take it away",
                                               member_options, member_run };
const struct verb verb_organisation_list = { "admin organisation list", NULL,
                                             "list the organisations, and who is what in each",
                                             plain_options, list_run };
