#include "registry/auth/password.h"

#include <argon2.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "lib/base/random.h"
#include "lib/base/text.h"

#define SALT_BYTES 16
#define HASH_BYTES 32

/* The hash of nothing anyone can type, for logins that do not exist. */
#define NOBODY                                               \
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$" \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_free = PTHREAD_COND_INITIALIZER;
static unsigned gate_used;

static void gate_enter(void)
{
    (void)pthread_mutex_lock(&gate_lock);
    while (gate_used == PASSWORD_AT_ONCE)
        (void)pthread_cond_wait(&gate_free, &gate_lock);
    gate_used++;
    (void)pthread_mutex_unlock(&gate_lock);
}

static void gate_leave(void)
{
    (void)pthread_mutex_lock(&gate_lock);
    gate_used--;
    (void)pthread_cond_signal(&gate_free);
    (void)pthread_mutex_unlock(&gate_lock);
}

bool password_check(const char *password, const char *login, struct error *err)
{
    size_t chars = text_length(password);
    if (chars > PASSWORD_MAX_CHARS || !text_is_utf8(password, strlen(password))) {
        error_set(err, INVALID, "a password has at most %d characters", PASSWORD_MAX_CHARS);
        return error_field(err, "password");
    }
    if (chars < PASSWORD_MIN_CHARS) {
        error_set(err, INVALID, "the password is too short");
        error_hint(err, "use at least %d characters; several words make a good one",
                   PASSWORD_MIN_CHARS);
        return error_field(err, "password");
    }
    if (strcasecmp(password, login) == 0) {
        error_set(err, INVALID, "the password is the login");
        return error_field(err, "password");
    }
    return true;
}

bool password_hash(const char *password, char out[PASSWORD_HASH_MAX], struct error *err)
{
    unsigned char salt[SALT_BYTES];
    random_bytes(salt, sizeof(salt));
    gate_enter();
    int code = argon2id_hash_encoded(PASSWORD_PASSES, PASSWORD_MEMORY_KIB, PASSWORD_LANES, password,
                                     strlen(password), salt, sizeof(salt), HASH_BYTES, out,
                                     PASSWORD_HASH_MAX);
    gate_leave();
    if (code != ARGON2_OK)
        return error_set(err, INTERNAL, "hash a password: %s", argon2_error_message(code));
    return true;
}

bool password_verify(const char *hash, const char *password)
{
    size_t len = strlen(password);
    if (len > (size_t)4 * PASSWORD_MAX_CHARS)
        return false; /* nobody has such a one; says nothing about the login */
    gate_enter();
    int code = argon2id_verify(hash ? hash : NOBODY, password, len); /* compares in constant time */
    gate_leave();
    return hash && code == ARGON2_OK;
}
