/* nono-registry admin …: what is done on the machine itself, without signing in. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/random.h"
#include "lib/base/text.h"
#include "registry/auth/people.h"
#include "registry/cmd/commands.h"
#include "registry/cmd/store.h"
#include "registry/domain/organisation.h"

#define PASSWORD_MAX 1024

static int opt_admin, opt_password_stdin, opt_revoke_tokens;
static char *opt_display_name, *opt_owner;

static const struct poptOption plain_options[] = {
    CONFIG_OPTION,
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption create_options[] = {
    CONFIG_OPTION,
    { "admin", 0, POPT_ARG_NONE, &opt_admin, 0, "make an administrator", NULL },
    { "display-name", 0, POPT_ARG_STRING, &opt_display_name, 0, "the name shown to people",
      "NAME" },
    { "password-stdin", 0, POPT_ARG_NONE, &opt_password_stdin, 0,
      "read the password from standard input; else one is made and printed once", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption reset_options[] = {
    CONFIG_OPTION,
    { "password-stdin", 0, POPT_ARG_NONE, &opt_password_stdin, 0,
      "read the password from standard input; else one is made and printed once", NULL },
    { "revoke-tokens", 0, POPT_ARG_NONE, &opt_revoke_tokens, 0,
      "revoke their tokens too, which else stay", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption organisation_options[] = {
    CONFIG_OPTION,
    { "owner", 0, POPT_ARG_STRING, &opt_owner, 0, "the user who owns it", "LOGIN" },
    { "display-name", 0, POPT_ARG_STRING, &opt_display_name, 0, "the name shown to people",
      "NAME" },
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool operands_count(const char **operands, size_t wanted, struct error *err)
{
    size_t count = 0;
    while (operands[count])
        count++;
    return count == wanted || error_set(err, INVALID, "expected %zu argument%s, see --help", wanted,
                                        wanted == 1 ? "" : "s");
}

/* The first line of standard input. */
static bool password_read(char out[PASSWORD_MAX], struct error *err)
{
    size_t len = 0;
    for (;;) {
        ssize_t got = read(STDIN_FILENO, out + len, PASSWORD_MAX - 1 - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_errno(err, "read the password");
        len += (size_t)got;
        out[len] = '\0';
        if (got == 0 || strchr(out, '\n'))
            break;
        if (len == PASSWORD_MAX - 1)
            return error_set(err, INVALID, "the password is too long");
    }
    out[strcspn(out, "\r\n")] = '\0';
    return true;
}

static bool password_choose(char out[PASSWORD_MAX], struct error *err)
{
    if (opt_password_stdin)
        return password_read(out, err);
    random_hex(out, 24);
    return true;
}

/* A password that was given needs no repeating. */
static void password_tell(const char *login, char password[PASSWORD_MAX])
{
    if (opt_password_stdin)
        printf("%s has the password that was given\n", login);
    else
        printf("%s has the password %s\nIt is not shown again.\n", login, password);
    secret_wipe(password, PASSWORD_MAX);
}

/* They are no part of a password, and who took it may have made some. */
static void tokens_tell(const struct password_changed *changed)
{
    if (changed->tokens_revoked)
        printf("tokens revoked: %" PRIu64 "\n", changed->tokens_revoked);
    if (changed->tokens_left)
        printf("tokens that still count: %" PRId64 " (--revoke-tokens revokes them too)\n",
               changed->tokens_left);
}

static bool account_of(struct store *store, const char *login, struct account **out,
                       struct error *err)
{
    return account_find(store->registry.db, login, store->arena, out, err) &&
           (*out || error_set(err, NOT_FOUND, "there is no user %.64s", login));
}

static bool user_make(struct store *store, const char *login, struct error *err)
{
    char password[PASSWORD_MAX];
    struct account *account;
    if (!password_choose(password, err))
        return false;
    struct account_request request = { .login = login,
                                       .display_name = opt_display_name,
                                       .password = password,
                                       .is_admin = opt_admin };
    if (!people_add(store->registry.db, &request, store->arena, &account, err))
        return false;
    password_tell(account->login, password);
    return true;
}

static bool user_reset(struct store *store, const char *login, struct error *err)
{
    char password[PASSWORD_MAX];
    struct account *account;
    struct password_changed changed;
    if (!account_of(store, login, &account, err) || !password_choose(password, err))
        return false;
    struct password_change change = { .account = account,
                                      .password = password,
                                      .revoke_tokens = opt_revoke_tokens };
    if (!people_set_password(store->registry.db, &change, &changed, err))
        return false;
    password_tell(account->login, password);
    tokens_tell(&changed);
    return true;
}

static bool user_able(struct store *store, const char *login, bool disabled, struct error *err)
{
    struct account *account;
    if (!account_of(store, login, &account, err) ||
        !people_set_disabled(store->registry.db, account, disabled, err))
        return false;
    printf("%s is %s\n", account->login, disabled ? "disabled" : "enabled");
    return true;
}

static bool user_disable(struct store *store, const char *login, struct error *err)
{
    return user_able(store, login, true, err);
}

static bool user_enable(struct store *store, const char *login, struct error *err)
{
    return user_able(store, login, false, err);
}

static bool organisation_create(struct store *store, const char *name, struct error *err)
{
    struct account *account;
    if (!opt_owner)
        return error_set(err, INVALID, "--owner is missing: an organisation has an owner");
    if (!account_of(store, opt_owner, &account, err))
        return false;
    struct principal owner = { .account_id = account->id,
                               .login = account->login,
                               .is_admin = account->is_admin,
                               .scopes = SCOPE_ALL };
    struct organisation_request request = { name, opt_display_name };
    if (!organisation_make(&store->registry, &request, &(struct actor){ &owner, "" }, err))
        return false;
    printf("%s belongs to %s\n", name, account->login);
    return true;
}

/* Every command has one operand and works on an open store. */
static bool with_store(const char **operands,
                       bool (*work)(struct store *, const char *, struct error *),
                       struct error *err)
{
    struct store store;
    if (!operands_count(operands, 1, err))
        return false;
    bool ok = store_configure(&store, opt_config, err) &&
              store_open(&store, STORE_CHECK, STORE_EXISTING, err) &&
              work(&store, operands[0], err);
    store_close(&store);
    return ok;
}

#define VERB_RUN(name, work)                                                \
    static bool name(const char **operands, int *status, struct error *err) \
    {                                                                       \
        (void)status;                                                       \
        return with_store(operands, work, err);                             \
    }
VERB_RUN(create_run, user_make)
VERB_RUN(reset_run, user_reset)
VERB_RUN(disable_run, user_disable)
VERB_RUN(enable_run, user_enable)
VERB_RUN(organisation_run, organisation_create)

const struct verb verb_user_create = { "admin user create", "LOGIN", "make a user", create_options,
                                       create_run };
const struct verb verb_user_reset = { "admin user reset", "LOGIN",
                                      "give a user a new password and end their sessions",
                                      reset_options, reset_run };
const struct verb verb_user_disable = { "admin user disable", "LOGIN",
                                        "shut a user out: no sign-in, no tokens; ends sessions",
                                        plain_options, disable_run };
const struct verb verb_user_enable = { "admin user enable", "LOGIN", "let a user in again",
                                       plain_options, enable_run };
const struct verb verb_organisation_create = { "admin organisation create", "NAME",
                                               "make an organisation", organisation_options,
                                               organisation_run };
