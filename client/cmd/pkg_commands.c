/* What nono-pkg does (client/cmd/pkg), as nono's help and completions show it. */
#include "client/cmd/commands.h"

/* clang-format off */
/* NOLINTNEXTLINE(bugprone-macro-parentheses): it takes the braces for an expression */
#define PKG(word, what) { .name = (word), .summary = (what), .helper = "nono-pkg" }

const struct command command_auth       = PKG("auth", "log in to registries");
const struct command command_search     = PKG("search", "search a registry; without words, show its popular packs");
const struct command command_info       = PKG("info", "show what a registry knows of a pack, and what it asks for");
const struct command command_versions   = PKG("versions", "list the versions of a pack");
const struct command command_pull       = PKG("pull", "fetch, verify and install packs");
const struct command command_list       = PKG("list", "list installed packs");
const struct command command_verify     = PKG("verify", "check that installed packs are what was installed");
const struct command command_outdated   = PKG("outdated", "list installed packs that have a newer version");
const struct command command_update     = PKG("update", "install the newest versions of installed packs");
const struct command command_pin        = PKG("pin", "keep packs at their version when others are updated");
const struct command command_unpin      = PKG("unpin", "let packs be updated again");
const struct command command_remove     = PKG("remove", "remove installed packs and undo their wiring");
const struct command command_key        = PKG("key", "make, keep and register signing keys");
const struct command command_pack       = PKG("pack", "make packs, and look into them");
const struct command command_publish    = PKG("publish", "lint, build, sign and upload a pack");
const struct command command_yank       = PKG("yank", "keep a published version from being installed");
const struct command command_unyank     = PKG("unyank", "take back a yank");
const struct command command_completion = PKG("completion", "print a script that completes nono's commands in a shell");
/* clang-format on */
