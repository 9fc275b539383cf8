/* Keys come to be: made here, or brought along. */
#include <stdio.h>
#include <string.h>

#include "client/cmd/pkg/key.h"
#include "client/cmd/pkg/passphrase.h"
#include "client/ui/term.h"
#include "lib/base/random.h"

static char *opt_type;
static int opt_passphrase, opt_file, opt_json;

#define KEEP_OPTIONS                                                                             \
    {                                                                                            \
        "file", 0, POPT_ARG_NONE, &opt_file, 0, "keep it in a file, not in the desktop keyring", \
        NULL                                                                                     \
    },                                                                                           \
    {                                                                                            \
        "json", 0, POPT_ARG_NONE, &opt_json, 0, "print what is known of it as JSON", NULL        \
    }

static const struct poptOption generate_options[] = {
    { "type", 't', POPT_ARG_STRING, &opt_type, 0, "what kind of key (default: ed25519)",
      "ed25519|ecdsa-p256" },
    { "passphrase", 0, POPT_ARG_NONE, &opt_passphrase, 0,
      "keep it in a file, encrypted under a passphrase", NULL },
    PASSPHRASE_OPTION("the same, and read the passphrase from this descriptor"),
    KEEP_OPTIONS,
    POPT_AUTOHELP POPT_TABLEEND,
};

static const struct poptOption import_options[] = {
    PASSPHRASE_OPTION("read the passphrase of the key from this descriptor"),
    KEEP_OPTIONS,
    POPT_AUTOHELP POPT_TABLEEND,
};

static bool type_parse(const char *text, enum key_type *out, struct error *err)
{
    *out = KEY_ED25519;
    if (!text)
        return true;
    for (int i = 0; key_type_names[i]; i++) {
        if (strcmp(text, key_type_names[i]) == 0) {
            *out = (enum key_type)i;
            return true;
        }
    }
    error_set(err, INVALID, "--type: there is no kind of key \"%.32s\"", text);
    return error_hint(err, "ed25519 or ecdsa-p256");
}

/* The id goes to standard output, for scripts; the rest is for people. */
static bool keep(const struct key_keeping *keeping, struct error *err)
{
    CLEANUP(arena_freep) struct arena *arena = arena_new();
    struct folders folders;
    struct key_facts facts;
    if (!folders_find(arena, &folders, err) || !key_keep(&folders, keeping, arena, &facts, err))
        return false;
    if (opt_json) {
        ui_json(key_doc(&facts, arena));
        return true;
    }
    printf("%s\n", facts.id);
    if (!facts.path)
        fprintf(stderr, "%s is in the desktop keyring", facts.name);
    else
        fprintf(stderr, "%s is in %s%s%s", facts.name, facts.path,
                facts.encrypted ? ", encrypted" : "",
                keeping->in_file ? "" : ": there is no keyring that takes it");
    fprintf(stderr, "; nono key register %s --org ORG tells a registry\n", facts.name);
    return true;
}

static bool generate_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    char passphrase[PASSPHRASE_ROOM] = "";
    const bool encrypt = opt_passphrase || opt_passphrase_fd >= 0;
    struct key_keeping keeping = { .passphrase = passphrase, .in_file = opt_file || encrypt };
    enum key_type type;
    if (!key_operand(operands, &keeping.name, err) || !type_parse(opt_type, &type, err))
        return false;
    bool ok =
        (!encrypt || passphrase_choose(passphrase, err)) && private_key_generate(type, &key, err);
    keeping.key = key;
    ok = ok && keep(&keeping, err);
    secret_wipe(passphrase, sizeof(passphrase));
    return ok;
}

static bool import_run(const char **operands, int *status, struct error *err)
{
    (void)status;
    CLEANUP(private_key_freep) struct private_key *key = NULL;
    char passphrase[PASSPHRASE_ROOM] = "";
    if (!operands[0] || (operands[1] && operands[2])) {
        error_set(err, INVALID, "say what to call the key, and which file it is in");
        return error_hint(err, "nono key import NAME FILE");
    }
    const char *file = operands[1] ? operands[1] : "-";
    struct key_keeping keeping = { .name = operands[0],
                                   .passphrase = passphrase,
                                   .in_file = opt_file };
    bool ok = key_read(file, passphrase, &key, err);
    keeping.key = key;
    ok = ok && keep(&keeping, err);
    secret_wipe(passphrase, sizeof(passphrase));
    if (ok && operands[1])
        fprintf(stderr, "%s still has it too: delete it when nothing else needs it\n", file);
    return ok;
}

const struct command command_key_generate = {
    .name = "generate",
    .args = "NAME",
    .summary = "make a signing key",
    .examples = EXAMPLES("nono key generate release",
                         "nono key generate ci --type ecdsa-p256 --passphrase"),
    .options = generate_options,
    .run = generate_run,
};

const struct command command_key_import = {
    .name = "import",
    .args = "NAME [FILE]",
    .summary = "keep a private key (PKCS#8; P-256 or Ed25519) of a file or standard input",
    .examples =
        EXAMPLES("nono key import release ./release.pem", "nono key import release < release.pem"),
    .options = import_options,
    .run = import_run,
};
