/*
 * Where the launcher begins, when it is linked with musl for x86-64: cmake/Start.cmake. As a
 * static-pie it fills in its own addresses first, which touches each page of its data; the kernel
 * is asked for all of them together, and for those of the arenas behind them
 * (client/cmd/warm.h), before anything runs. A kernel that cannot do that goes on bringing one by
 * one. Registers are left as the kernel set them, but for those that a system call changes.
 */
#include "client/cmd/warm.h"

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
        "\txor %edx, %edx\n"
        "\tjmp _start\n"
        ".size nono_start, . - nono_start\n");
/* clang-format on */
