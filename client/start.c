/*
 * Where the launcher begins, when it is linked with musl for x86-64: cmake/Start.cmake. As a
 * static-pie it fills in its own addresses first, which touches each page of its data; the kernel
 * is asked for all of them together, and for those of the arenas behind them
 * (client/cmd/warm.h), before anything runs. A kernel that cannot do that goes on bringing one by
 * one. Registers are left as the kernel set them, but for those that a call changes.
 *
 * The addresses are packed (DT_RELR of the generic ABI: a bit each, for 24 bytes), which is 48 KB
 * less to bring in. musl knows such since 1.2.4, so they are filled in here, and then there are
 * none.
 */
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <stdint.h>

#include "client/cmd/warm.h"

#ifndef DT_RELR /* of generic ABI 2022; the build machine's headers may be older */
#define DT_RELRSZ 35
#define DT_RELR   36
#endif

#define TEXT_OF(number) #number
#define TEXT(number)    TEXT_OF(number)

/* madvise(from the page of the first address to fill in, up to what the arenas need,
 * MADV_POPULATE_WRITE) */
/* clang-format off */
__asm__(".section .text.nono_start,\"ax\",@progbits\n"
        ".globl nono_start\n"
        ".hidden nono_start\n"
        ".type nono_start, @function\n"
        "nono_start:\n"
        "\tmov $28, %eax\n"
        "\tlea __init_array_start(%rip), %rdi\n"
        "\tand $-4096, %rdi\n"
        "\tlea arena_pool_bytes+" TEXT(WARM_POOL) "(%rip), %rsi\n"
        "\tsub %rdi, %rsi\n"
        "\tmov $23, %edx\n"
        "\tsyscall\n"
        "\tcall nono_relocate\n"
        "\txor %edx, %edx\n"
        "\tjmp _start\n"
        ".size nono_start, . - nono_start\n");
/* clang-format on */

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* Address 0 of the program is where it lies: what it holds is what to add. */
static void addresses_add(const size_t *packed, size_t size)
{
    uintptr_t base = (uintptr_t)__ehdr_start;
    size_t *next = NULL;
    for (const size_t *end = packed + size / sizeof(*packed); packed < end; packed++) {
        if (!(*packed & 1)) { /* where one is */
            next = (size_t *)(base + *packed);
            *next++ += base;
            continue;
        }
        /* which of those behind it are, too */
        for (size_t bits = *packed >> 1; bits; bits &= bits - 1)
            next[__builtin_ctzl(bits)] += base;
        next += 8 * sizeof(*packed) - 1;
    }
}

/* Called by the above. Nothing is in its place yet: no address out of data, no thread's memory. */
__attribute__((used, no_stack_protector, visibility("hidden"))) void nono_relocate(void);
void nono_relocate(void)
{
    uintptr_t packed = 0;
    size_t size = 0;
    for (ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_RELR)
            packed = (uintptr_t)__ehdr_start + entry->d_un.d_ptr;
        if (entry->d_tag != DT_RELRSZ)
            continue;
        size = entry->d_un.d_val;
        entry->d_un.d_val = 0;
    }
    addresses_add((const size_t *)packed, size);
}
