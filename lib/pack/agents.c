#include "lib/pack/agents.h"

#include <string.h>

#include "lib/base/record.h"
#include "lib/base/text.h"

/* clang-format off */
const struct agent_place agent_places[] = {
    { AGENT_HOME, ".agents", false },
    { AGENT_HOME, ".aider", false },
    { AGENT_HOME, ".antigravity", false },
    { AGENT_HOME, ".claude", false },
    { AGENT_HOME, ".claude.json", true },
    { AGENT_HOME, ".codex", false },
    { AGENT_HOME, ".copilot", false },
    { AGENT_HOME, ".cursor", false },
    { AGENT_HOME, ".gemini", false },
    { AGENT_HOME, ".hermes", false },
    { AGENT_HOME, ".omp", false },
    { AGENT_HOME, ".openclaw", false },
    { AGENT_HOME, ".opencode", false },
    { AGENT_HOME, ".pi", false },
    { AGENT_HOME, ".qwen", false },
    { AGENT_HOME, ".swival", false },
    { AGENT_XDG_CONFIG, "agents", false },
    { AGENT_XDG_CONFIG, "amp", false },
    { AGENT_XDG_CONFIG, "claude", false },
    { AGENT_XDG_CONFIG, "codex", false },
    { AGENT_XDG_CONFIG, "goose", false },
    { AGENT_XDG_CONFIG, "opencode", false },
    { AGENT_XDG_CONFIG, "swival", false },
    { AGENT_NONO_CONFIG, "profile-drafts", false },
};
/* clang-format on */
const size_t agent_place_count = COUNT(agent_places);

/* What is behind "base/", or NULL. */
static const char *below(const char *text, const char *base)
{
    size_t len = strlen(base);
    return text_starts(text, base) && text[len] == '/' ? text + len + 1 : NULL;
}

static bool holds(const struct agent_place *place, const char *rest)
{
    if (place->is_file)
        return strcmp(rest, place->path) == 0;
    const char *inside = below(rest, place->path);
    return inside && *inside;
}

bool agent_place_holds(const char *destination)
{
    static const struct {
        const char *name;
        enum agent_base base;
    } bases[] = {
        { "$HOME", AGENT_HOME },
        { "$HOME/.config", AGENT_XDG_CONFIG },
        { "$XDG_CONFIG_HOME", AGENT_XDG_CONFIG },
        { "$NONO_CONFIG", AGENT_NONO_CONFIG },
    };
    for (size_t i = 0; i < COUNT(bases); i++) {
        const char *rest = below(destination, bases[i].name);
        for (size_t j = 0; rest && j < agent_place_count; j++)
            if (agent_places[j].base == bases[i].base && holds(&agent_places[j], rest))
                return true;
    }
    return false;
}
