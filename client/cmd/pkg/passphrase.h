/* Passphrases of signing keys: typed, or read from a descriptor; never an argument. */
#pragma once

#include "client/ui/command.h"

#define PASSPHRASE_ROOM 1024

/* Where commands that need one take it from. */
extern int opt_passphrase_fd;
#define PASSPHRASE_OPTION(what)                                            \
    {                                                                      \
        "passphrase-fd", 0, POPT_ARG_INT, &opt_passphrase_fd, 0, what, "N" \
    }

/* A secret from the descriptor that an option ("--token-fd") names; INVALID when it is none that
 * can be read. The caller wipes out. */
bool descriptor_read(const char *option, int fd, const char *prompt, char *out, size_t size,
                     struct error *err) MUST_CHECK;

/* From --passphrase-fd, else the terminal. The caller wipes out. */
bool passphrase_ask(char out[PASSPHRASE_ROOM], struct error *err) MUST_CHECK;
/* The same for a new one: typed twice on a terminal. Not empty. */
bool passphrase_choose(char out[PASSPHRASE_ROOM], struct error *err) MUST_CHECK;
