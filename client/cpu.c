/*
 * libcrypto asks the processor what it can do before main(), for any program that has SHA-256 in
 * it. In a virtual machine each of these questions (cpuid) leaves the machine, and a start has no
 * use for the answers: the launcher asks when it hashes something long. Only where libcrypto is
 * linked as an archive (NONO_STATIC), by the linker's --wrap: cmake/Programs.cmake.
 */
#include <pthread.h>

#include "lib/digest/sha256.h"

/* The linker's names for the function that is replaced, and for the one that replaces it. */
void __real_OPENSSL_cpuid_setup(void);
void __wrap_OPENSSL_cpuid_setup(void);

void __wrap_OPENSSL_cpuid_setup(void)
{
}

void sha256_prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, __real_OPENSSL_cpuid_setup);
}
