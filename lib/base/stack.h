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
