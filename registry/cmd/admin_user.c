/* nono-registry admin user …: what is done on the machine itself, without signing in. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/random.h"
#include "lib/json/json.h"
#include "registry/auth/people.h"
#include "registry/cmd/admin.h"
#include "registry/db/db.h"

#define PASSWORD_MAX 1024

static int opt_admin, opt_password_stdin, opt_revoke_tokens;
static char *opt_display_name;

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

static bool user_make(struct store *store, const char **operands, struct error *err)
{
    char password[PASSWORD_MAX];
    struct account *account;
    if (!password_choose(password, err))
        return false;
    struct account_request request = { .login = operands[0],
                                       .display_name = opt_display_name,
                                       .password = password,
                                       .is_admin = opt_admin };
    if (!people_add(store->registry.db, &request, store->arena, &account, err))
        return false;
    password_tell(account->login, password);
    return true;
}

static bool user_reset(struct store *store, const char **operands, struct error *err)
{
    char password[PASSWORD_MAX];
    struct account *account;
    struct password_changed changed;
    if (!admin_account(store, operands[0], &account, err) || !password_choose(password, err))
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
    if (!admin_account(store, login, &account, err) ||
        !people_set_disabled(store->registry.db, account, disabled, err))
        return false;
    printf("%s is %s\n", account->login, disabled ? "disabled" : "enabled");
    return true;
}

static bool user_disable(struct store *store, const char **operands, struct error *err)
{
    return user_able(store, operands[0], true, err);
}

static bool user_enable(struct store *store, const char **operands, struct error *err)
{
    return user_able(store, operands[0], false, err);
}

struct user {
    const char *login;
    bool is_admin, disabled;
};

static const struct field user_fields[] = {
    TEXT(struct user, login, REQUIRED),
    BOOL(struct user, is_admin, REQUIRED),
    BOOL(struct user, disabled, REQUIRED),
};
static const struct record user_record = RECORD_OPEN(struct user, "account", user_fields);

struct users {
    struct list accounts;
};

static const struct field users_fields[] = {
    LIST(struct users, accounts, &user_record, REQUIRED),
};
static const struct record users_record = RECORD(struct users, "accounts", users_fields);

static bool users_list(struct store *store, const char **operands, struct error *err)
{
    const char *document;
    size_t len;
    struct users users;
    (void)operands;
    if (!db_fetch_json(store->registry.db, QUERY(account_list), store->arena, &document, &len,
                       err) ||
        !json_decode(document, len, &users_record, store->arena, &users, err))
        return false;
    LIST_FOREACH (users.accounts, const struct user, user)
        printf("%s%s%s\n", user->login, user->is_admin ? "  administrator" : "",
               user->disabled ? "  disabled" : "");
    return true;
}

ADMIN_RUN(create_run, 1, user_make)
ADMIN_RUN(reset_run, 1, user_reset)
ADMIN_RUN(disable_run, 1, user_disable)
ADMIN_RUN(enable_run, 1, user_enable)
ADMIN_RUN(list_run, 0, users_list)

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
const struct verb verb_user_list = { "admin user list", NULL, "list the users", plain_options,
                                     list_run };
