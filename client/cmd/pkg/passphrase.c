#include "client/cmd/pkg/passphrase.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client/ui/term.h"
#include "lib/base/random.h"

int opt_passphrase_fd = -1;

bool descriptor_read(const char *option, int fd, const char *prompt, char *out, size_t size,
                     struct error *err)
{
    if (ui_read_hidden(fd, prompt, out, size, err))
        return true;
    if (err->sys != EBADF && err->sys != EISDIR)
        return false;
    return error_set(err, INVALID, "%s %d: nothing can be read from that descriptor", option, fd);
}

static bool typed(const char *prompt, char out[PASSPHRASE_ROOM], struct error *err)
{
    if (isatty(STDIN_FILENO))
        return ui_read_hidden(STDIN_FILENO, prompt, out, PASSPHRASE_ROOM, err);
    error_set(err, UNAUTHORIZED, "the key has a passphrase, and there is no terminal to ask on");
    return error_hint(err, "--passphrase-fd N reads it from a descriptor");
}

bool passphrase_ask(char out[PASSPHRASE_ROOM], struct error *err)
{
    return opt_passphrase_fd >= 0 ? descriptor_read("--passphrase-fd", opt_passphrase_fd,
                                                    "passphrase", out, PASSPHRASE_ROOM, err)
                                  : typed("passphrase of the key", out, err);
}

bool passphrase_choose(char out[PASSPHRASE_ROOM], struct error *err)
{
    char again[PASSPHRASE_ROOM] = "";
    bool once = opt_passphrase_fd >= 0;
    bool ok = once ? passphrase_ask(out, err)
                   : typed("new passphrase", out, err) && typed("once more", again, err);
    bool same = ok && (once || strcmp(out, again) == 0);
    secret_wipe(again, sizeof(again));
    if (!ok)
        return false;
    if (!same)
        return error_set(err, INVALID, "the two passphrases differ");
    return *out || error_set(err, INVALID, "the passphrase is empty");
}
