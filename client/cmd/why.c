#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "client/cmd/commands.h"
#include "client/cmd/explain.h"
#include "client/cmd/policy.h"
#include "client/cmd/program_state.h"
#include "client/ui/term.h"
#include "lib/base/files.h"
#include "lib/base/text.h"
#include "sandbox/linux/landlock.h"
#include "sandbox/policy/host.h"
#include "sandbox/policy/query.h"

#define HTTP_PORT  80
#define HTTPS_PORT 443

static char *opt_path, *opt_op, *opt_host, *opt_scope, *opt_command;
static int opt_port, opt_json, opt_self;

static const struct poptOption options[] = {
    { "path", '\0', POPT_ARG_STRING, &opt_path, 0, "ask about a file or folder", "PATH" },
    { "op", '\0', POPT_ARG_STRING, &opt_op, 0, "what would be done with it (default: read)",
      "read|write|readwrite|execute" },
    { "host", '\0', POPT_ARG_STRING, &opt_host, 0, "ask about a host", "HOST|URL" },
    { "port", '\0', POPT_ARG_INT, &opt_port, 0, "its port (default: 443)", "PORT" },
    { "scope", '\0', POPT_ARG_STRING, &opt_scope, 0, "ask about what is outside",
      "signal|abstract-unix-socket" },
    { "command", '\0', POPT_ARG_STRING | POPT_ARGFLAG_DOC_HIDDEN, &opt_command, 0, NULL, NULL },
    { "self", '\0', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, &opt_self, 0, NULL, NULL },
    SANDBOX_OPTIONS,
    { "json", '\0', POPT_ARG_NONE, &opt_json, 0, "answer in JSON", NULL },
    POPT_AUTOHELP POPT_TABLEEND,
};

struct why {
    struct policy policy;
    struct confinement *confinement;
    struct doc *answer; /* as printed with --json */
    bool allowed;
    const char *condition; /* of an allowed name: what nobody looked up; or NULL */
    const char *asked;     /* what was judged: a word may be a path or a host */
    const char *sentence;
    const char *flag;        /* that would allow it, or NULL */
    const char *flag_beside; /* what else that takes, in words; or NULL */
};

static void why_clear(struct why *why)
{
    confine_free(why->confinement);
    policy_clear(&why->policy);
}

static bool op_parse(const char *text, unsigned *out, struct error *err)
{
    static const struct {
        const char *name;
        unsigned access;
    } ops[] = {
        { "read", NONO_READ },
        { "write", NONO_WRITE },
        { "readwrite", NONO_READ | NONO_WRITE },
        { "execute", NONO_READ | NONO_EXECUTE },
    };
    for (size_t i = 0; i < COUNT(ops); i++) {
        if (strcmp(text, ops[i].name) == 0) {
            *out = ops[i].access;
            return true;
        }
    }
    return error_set(err, INVALID, "--op %.32s: read, write, readwrite or execute", text);
}

static void path_deny(struct why *why, const struct query_result *result, const char *path,
                      unsigned access)
{
    struct explain_denial denial;
    explain_denied(&why->policy, result, path, access, &denial);
    why->flag = denial.flag;
    why->flag_beside = denial.flag_beside;
    why->sentence = denial.details;
}

/* Of what may be run as far as it goes; what it is asked for tells whether that is the answer. */
static void interpreter_deny(struct why *why, const struct query_result *result,
                             const char *interpreter, bool is_answer)
{
    struct arena *arena = why->policy.arena;
    const char *granted = why->sentence;
    path_deny(why, result, interpreter, NONO_READ | NONO_EXECUTE);
    const char *missing = arena_printf(arena, "its interpreter %s: %s", interpreter, why->sentence);
    doc_add_text(arena, why->answer, "interpreter", interpreter);
    doc_add_text(arena, why->answer, is_answer ? "details" : "note", missing);
    why->sentence =
        is_answer ? missing : arena_printf(arena, "%s; to run it takes %s", granted, missing);
}

/* A pattern denies what is there when a run starts; what is not there yet is not denied by it. */
static void pattern_note(struct why *why, const char *path)
{
    struct arena *arena = why->policy.arena;
    const struct path_ops *ops = confine_path_ops();
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    struct error ignored;
    if (!ops->resolve(ops->context, path, arena, &found, &ignored) || found.exists)
        return;
    const char *pattern = explain_pattern(&why->policy, why->confinement, found.path);
    if (!pattern)
        return;
    const char *note = arena_printf(
        arena, "the pattern %s would deny it if it were there when the run starts", pattern);
    doc_add_text(arena, why->answer, "note", note);
    why->sentence = arena_printf(arena, "%s; %s", why->sentence, note);
}

/* As the program would mean it, which starts in the working folder. */
static const char *path_from_workdir(const struct why *why, const char *path)
{
    return path[0] == '/' ? path : path_join(why->policy.arena, why->policy.options.workdir, path);
}

/* A folder that is made when a run starts is granted then: whether that answers the question. */
static bool state_judge(struct why *why, const char *path, unsigned access,
                        struct query_result *result)
{
    struct arena *arena = why->policy.arena;
    const struct path_ops *ops = confine_path_ops();
    CLEANUP(path_found_clear) struct path_found found = { .fd = -1 };
    struct error ignored;
    if (result->reason != NONO_REASON_PATH_NOT_GRANTED ||
        !ops->resolve(ops->context, path, arena, &found, &ignored))
        return false;
    const struct profile_path *state = program_state_over(&why->policy, found.path);
    unsigned granted = NONO_READ | NONO_WRITE;
    granted |= state && state->access & PROFILE_EXECUTE ? NONO_EXECUTE : 0;
    if (!state || access & ~granted)
        return false;
    *result = (struct query_result){
        .allowed = true,
        .reason = NONO_REASON_GRANTED_PATH,
        .granted = granted,
        .path = state->path,
        .source = state->origin.name,
    };
    return true;
}

static void path_grant(struct why *why, const struct query_result *result, const char *path)
{
    struct arena *arena = why->policy.arena;
    doc_add_text(arena, why->answer, "granted_path", result->path);
    doc_add_text(arena, why->answer, "access", explain_access(result->granted, arena));
    doc_add_text(arena, why->answer, "source", result->source);
    why->sentence = arena_printf(arena, "%s grants %s to %s", result->source,
                                 explain_access(result->granted, arena), result->path);
    pattern_note(why, path);
}

static bool path_ask(struct why *why, const char *typed, struct error *err)
{
    struct arena *arena = why->policy.arena;
    struct query_result result, refused;
    unsigned access = 0;
    if (!*typed)
        return error_set(err, INVALID, "an empty path");
    const char *path = path_from_workdir(why, typed), *interpreter = NULL;
    if (!op_parse(opt_op ? opt_op : "read", &access, err) ||
        !query_path(confine_plan(why->confinement), confine_path_ops(), path, access, &result, err))
        return false;
    bool to_be_made = state_judge(why, path, access, &result);
    if (result.allowed && result.granted & NONO_EXECUTE)
        interpreter = explain_interpreter(&why->policy, why->confinement, path, &refused);
    bool stops = interpreter && access & NONO_EXECUTE;
    const struct query_result *decided = stops ? &refused : &result;
    why->allowed = decided->allowed;
    why->asked = arena_printf(arena, "path %s", typed);
    doc_add_text(arena, why->answer, "status", decided->allowed ? "allowed" : "denied");
    doc_add_text(arena, why->answer, "reason", query_reason_name((int)decided->reason));
    doc_add_text(arena, why->answer, "path", typed);
    if (!result.allowed) {
        path_deny(why, &result, path, access);
        doc_add_text(arena, why->answer, "details", why->sentence);
    } else if (!stops) {
        path_grant(why, &result, path);
    }
    if (interpreter)
        interpreter_deny(why, &refused, interpreter, stops);
    if (to_be_made) {
        doc_add_text(arena, why->answer, "note", "it is made when the run starts");
        why->sentence = arena_printf(arena, "%s, which is made when the run starts", why->sentence);
    }
    return true;
}

/* Of "https://user@example.org:8443/path" the part between, and the port that the scheme means. */
static const char *url_authority(const char *url, struct arena *arena, uint16_t *port)
{
    static const struct {
        const char *start;
        uint16_t port;
    } schemes[] = { { "https://", 443 }, { "http://", 80 }, { "wss://", 443 }, { "ws://", 80 } };
    *port = 0; /* of another scheme it has to be named */
    for (size_t i = 0; i < COUNT(schemes); i++)
        if (strncasecmp(url, schemes[i].start, strlen(schemes[i].start)) == 0)
            *port = schemes[i].port;
    const char *start = strstr(url, "://") + strlen("://");
    const char *text = arena_strndup(arena, start, strcspn(start, "/?#"));
    const char *user_end = strrchr(text, '@');
    return user_end ? user_end + 1 : text;
}

/* A host, host:port, an address or a URL, as the connection that a program would make. */
static bool host_read(const char *typed, struct arena *arena, struct authority *out,
                      struct error *err)
{
    const char *text = typed;
    uint16_t port = HTTPS_PORT;
    if (opt_port < 0 || opt_port > UINT16_MAX)
        return error_set(err, INVALID, "--port %d: 1 to 65535", opt_port);
    if (strstr(typed, "://"))
        text = url_authority(typed, arena, &port);
    const char *colon = strchr(text, ':');
    if (colon && strchr(colon + 1, ':') && text[0] != '[')
        text = arena_printf(arena, "[%s]", text);
    if (opt_port)
        port = (uint16_t)opt_port;
    if (!authority_parse(text, strlen(text), port, out, err))
        return error_prefix(err, "%.128s", typed);
    if (opt_port && out->port != opt_port)
        return error_set(err, INVALID, "--port %d, but %.128s names port %u", opt_port, typed,
                         (unsigned)out->port);
    return true;
}

static const char *host_details(const struct query_result *result, const struct authority *asked,
                                struct arena *arena)
{
    if (result->details[0])
        return arena_printf(arena, "%s", result->details);
    if (result->reason == NONO_REASON_PROXY_ALLOWED)
        return arena_printf(arena, "%s is among the allowed hosts", asked->host.text);
    return result->allowed ? "the network is open" : "there is no network";
}

/* The flag that adds what is missing from the allowed hosts; else no flag would help. */
static const char *host_flag(const char *details, const struct authority *asked,
                             struct arena *arena)
{
    char name[AUTHORITY_TEXT_MAX];
    if (!text_ends(details, "is not among the allowed hosts") &&
        !strstr(details, ", but not on port "))
        return NULL;
    authority_print(asked, asked->port == HTTP_PORT ? HTTP_PORT : HTTPS_PORT, name);
    return arena_printf(arena, "--allow-domain %s", name);
}

static bool host_ask(struct why *why, const char *host, struct error *err)
{
    struct arena *arena = why->policy.arena;
    struct query_result result;
    struct authority asked;
    struct host known[HOST_ADDRESSES_MAX];
    char name[AUTHORITY_TEXT_MAX];
    if (!host_read(host, arena, &asked, err))
        return false;
    authority_print(&asked, 0, name);
    if (!query_host(why->policy.caps, name, 0, &result, err))
        return false;
    const char *details = host_details(&result, &asked, arena);
    why->allowed = result.allowed;
    doc_add_text(arena, why->answer, "status", result.allowed ? "allowed" : "denied");
    doc_add_text(arena, why->answer, "reason", query_reason_name((int)result.reason));
    doc_add_text(arena, why->answer, "host", asked.host.text);
    doc_add_integer(arena, why->answer, "port", asked.port);
    doc_add_text(arena, why->answer, "details", details);
    /* What another name leads to is looked up by the proxy alone, which judges it then. */
    if (result.reason == NONO_REASON_PROXY_ALLOWED && host_addresses(&asked.host, known) == 0)
        why->condition = "its address is public, or a rule names it";
    if (why->condition)
        doc_add_text(arena, why->answer, "condition", why->condition);
    why->flag = host_flag(details, &asked, arena);
    why->asked = arena_printf(arena, "host %s, port %u", asked.host.text, (unsigned)asked.port);
    why->sentence = details;
    return true;
}

static bool scope_ask(struct why *why, const char *name, struct error *err)
{
    static const char *const names[] = {
        [NONO_SCOPE_SIGNAL] = "signal",
        [NONO_SCOPE_ABSTRACT_SOCKET] = "abstract-unix-socket",
    };
    struct arena *arena = why->policy.arena;
    size_t scope = 0;
    while (scope < COUNT(names) && strcmp(names[scope], name) != 0)
        scope++;
    if (scope == COUNT(names))
        return error_set(err, INVALID, "--scope %.32s: signal or abstract-unix-socket", name);
    bool requested = !why->policy.caps->scope_open[scope];
    bool supported = landlock_features(landlock_abi()) & LANDLOCK_SCOPES;
    why->allowed = !requested || !supported;
    doc_add_text(arena, why->answer, "status", "scope");
    doc_add_text(arena, why->answer, "scope", name);
    doc_add_text(arena, why->answer, "state", why->allowed ? "open" : "enforced");
    doc_add_bool(arena, why->answer, "requested", requested);
    doc_add_bool(arena, why->answer, "enforced", !why->allowed);
    doc_add_bool(arena, why->answer, "supported", supported);
    doc_add_text(arena, why->answer, "kernel_abi", arena_printf(arena, "V%d", landlock_abi()));
    why->asked = arena_printf(arena, "scope %s", name);
    why->sentence =
        why->allowed ? "processes outside can be reached" : "processes outside cannot be reached";
    doc_add_text(arena, why->answer, "details", why->sentence);
    return true;
}

/* A path has a slash, begins with "." or "~", is there, or is a word that could be a file as well
 * as a host; hosts have a dot or a port. */
static bool is_path(const char *text)
{
    struct path_id id;
    if (strstr(text, "://"))
        return false;
    return strchr(text, '/') || text[0] == '.' || text[0] == '~' || !strpbrk(text, ".:") ||
           confine_path_ops()->identify(NULL, text, &id);
}

static bool question_ask(struct why *why, const char *operand, struct error *err)
{
    int asked = (opt_path != NULL) + (opt_host != NULL) + (opt_scope != NULL) + (operand != NULL);
    if (opt_command || opt_self)
        return error_set(err, UNSUPPORTED, "--%s is not something this version can do yet",
                         opt_self ? "self" : "command");
    if (asked != 1)
        return error_set(err, INVALID, "ask about one path, host or scope");
    if (opt_scope)
        return scope_ask(why, opt_scope, err);
    if (opt_host || (operand && !is_path(operand)))
        return host_ask(why, opt_host ? opt_host : operand, err);
    return path_ask(why, opt_path ? opt_path : operand, err);
}

static void answer_print(const struct why *why)
{
    struct arena *arena = why->policy.arena;
    const char *line = why->allowed ? "allowed" : "denied";
    if (why->condition)
        line = arena_printf(arena, "%s, if %s", line, why->condition);
    line = arena_printf(arena, "%s: %s: %s", line, why->asked, why->sentence);
    if (why->flag)
        line = arena_printf(arena, "%s; %s%s would allow it", line, why->flag,
                            why->flag_beside ? why->flag_beside : "");
    (void)puts(text_escape(line, arena));
}

static bool why_run(const char **operands, int *status, struct error *err)
{
    CLEANUP(why_clear) struct why why = { 0 };
    struct confine_options confine = { .has_supervisor = true, .dry_run = true };
    if (operands[0] && operands[1])
        return error_set(err, INVALID, "one question at a time");
    if (!policy_load(NULL, NULL, &why.policy, err) ||
        !confine_prepare(why.policy.caps, &confine, &why.confinement, err))
        return false;
    why.answer = doc_new(why.policy.arena, DOC_TABLE);
    if (!question_ask(&why, operands[0], err))
        return false;
    if (why.flag)
        doc_add_text(why.policy.arena, why.answer, "suggested_flag", why.flag);
    if (opt_json)
        ui_json_line(why.answer);
    else
        answer_print(&why);
    *status = why.allowed ? 0 : 1;
    return true;
}

const struct command command_why = {
    .name = "why",
    .args = "[PATH|HOST|URL]",
    .summary = "say whether a sandbox allows something, and why",
    .examples = EXAMPLES("nono why ~/.ssh/id_ed25519 --profile claude-code",
                         "nono why api.github.com --profile acme/web"),
    .options = options,
    .run = why_run,
};
