# Language, warnings, hardening and sanitizers, in one interface target that every module links.
add_library(nono-compiler INTERFACE)
target_compile_features(nono-compiler INTERFACE c_std_17)
target_compile_definitions(nono-compiler INTERFACE _GNU_SOURCE)

set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g") # without NDEBUG: asserts stay
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

set(NONO_SANITIZE "" CACHE STRING "Sanitizers: address,undefined | thread | memory")
option(NONO_COVERAGE "Instrument for gcovr" OFF)
option(NONO_FUZZ "Build fuzz targets for libFuzzer (clang)" OFF)
option(NONO_MEMCHECK "For tests/valgrind: programs that let valgrind 3.19 pass new system calls" OFF)
option(NONO_STATIC "Link the launcher as static-pie" OFF)
option(NONO_CRASH_POINTS "Let a test kill a program at marked points (lib/base/crash.h); never in a release" OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_C_COMPILER_LAUNCHER)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

# Nothing that is built says where. Linking needs it too, which compiles when there is LTO.
set(NONO_PREFIX_MAP -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)

target_compile_options(nono-compiler INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wundef -Wvla
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wpointer-arith
  -Wwrite-strings -Wcast-qual -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference
  $<$<C_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wjump-misses-init>
  $<$<AND:$<C_COMPILER_ID:GNU>,$<CONFIG:RelWithDebInfo>>:-ftrivial-auto-var-init=zero>
  $<$<C_COMPILER_ID:Clang>:-Wno-gnu-statement-expression -Wno-gnu-zero-variadic-macro-arguments>
  ${NONO_PREFIX_MAP} -fno-strict-aliasing -fno-common -fstack-protector-strong -fstack-clash-protection
  -ffunction-sections -fdata-sections
  $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3>
  $<$<STREQUAL:${CMAKE_SYSTEM_PROCESSOR},x86_64>:-fcf-protection=full>)
target_link_options(nono-compiler INTERFACE
  ${NONO_PREFIX_MAP} -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed -Wl,--gc-sections)

if(NONO_SANITIZE)
  target_compile_options(nono-compiler INTERFACE -fsanitize=${NONO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(nono-compiler INTERFACE -fsanitize=${NONO_SANITIZE})
endif()
if(NONO_CRASH_POINTS)
  target_compile_definitions(nono-compiler INTERFACE NONO_CRASH_POINTS)
endif()
if(NONO_COVERAGE)
  target_compile_options(nono-compiler INTERFACE --coverage -O0 -fprofile-update=atomic) # threads count too
  target_link_options(nono-compiler INTERFACE --coverage)
endif()
if(NONO_FUZZ)
  target_compile_options(nono-compiler INTERFACE -fsanitize=fuzzer-no-link)
endif()
