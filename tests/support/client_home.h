/* A home folder that is made for a test, and where nono's folders would be in it. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "client/store/folders.h"

/* home is a template of mkdtemp(3). What *out has stays until the next call. 0, or -1. */
static inline int client_home_make(char *home, struct folders *out)
{
    static char config[64], nono[80], packages[96];
    if (!mkdtemp(home))
        return -1;
    (void)snprintf(config, sizeof(config), "%s/.config", home);
    (void)snprintf(nono, sizeof(nono), "%s/nono", config);
    (void)snprintf(packages, sizeof(packages), "%s/packages", nono);
    *out = (struct folders){
        .home = home, .xdg_config = config, .config = nono, .packages = packages
    };
    return 0;
}
