/* What keys.c and keys_keep.c share: where the halves of a key are. */
#pragma once

#include "client/store/folders.h"

#define KEY_PRIVATE ".pem"
#define KEY_PUBLIC  ".pub"
#define KEY_SECRET  "signing-key" /* the kind, in the keyring; the key's id is what it is of */

/* keys/NAME and one of the endings above, in nono's configuration folder. */
const char *key_path(const struct folders *folders, const char *name, const char *half,
                     struct arena *arena);
