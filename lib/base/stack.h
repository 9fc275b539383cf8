/* Local buffers that the compiler need not clear, where it clears all locals
 * (cmake/Compiler.cmake). */
#pragma once

#ifdef __has_attribute
#if __has_attribute(uninitialized)
#define UNINITIALIZED __attribute__((uninitialized))
#endif
#endif
#ifndef UNINITIALIZED
#define UNINITIALIZED
#endif

/* A function with a large frame that is not always called: not made part of who calls it, whose
 * frame would be larger all the time. */
#define OWN_FRAME __attribute__((noinline))
