/*
 * What a program tells AddressSanitizer of its memory: <sanitizer/asan_interface.h>, or nothing
 * where it is built without.
 */
#pragma once

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define NONO_ASAN 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define NONO_ASAN 1
#endif

#ifdef NONO_ASAN
#include <sanitizer/asan_interface.h>
#else
#define NONO_ASAN                             0
#define ASAN_POISON_MEMORY_REGION(at, size)   ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif
