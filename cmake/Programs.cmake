# The programs: build/<preset>/bin for what people type, build/<preset>/libexec/nono for helpers.
#
# nono_program(<name> <main.c> [LIBEXEC] USES <module>...)
function(nono_program name main)
  cmake_parse_arguments(arg "LIBEXEC" "" "USES" ${ARGN})
  if(NOT EXISTS ${PROJECT_SOURCE_DIR}/${main})
    return()
  endif()
  add_executable(${name} ${main})
  list(TRANSFORM arg_USES REPLACE "/" "-" OUTPUT_VARIABLE used)
  list(TRANSFORM used PREPEND nono-)
  target_link_libraries(${name} PRIVATE ${used})
  if(arg_LIBEXEC)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${NONO_LIBEXEC})
  endif()
endfunction()

target_compile_definitions(nono-compiler INTERFACE NONO_VERSION="${PROJECT_VERSION}")

nono_program(nono           client/main.c              USES client/cmd client/ui)
if(NONO_STATIC) # no dynamic loader on the way to the sandbox: docs/performance.md has what that saves
  target_link_libraries(nono PRIVATE -static-pie) # behind the -pie that CMake adds
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    target_sources(nono PRIVATE client/cpu.c)
    set_source_files_properties(client/cpu.c PROPERTIES COMPILE_OPTIONS -fno-lto) # --wrap looks past it otherwise
    target_link_options(nono PRIVATE -Wl,--wrap=OPENSSL_cpuid_setup -Wl,-z,pack-relative-relocs)
  endif()
endif()
nono_program(nono-pkg       client/cmd/pkg/main.c      LIBEXEC USES client/cmd/pkg client/ui)
nono_program(nono-proxy     sandbox/proxy/main.c       LIBEXEC USES sandbox/proxy sandbox/api)
nono_program(nono-registry  registry/main.c            USES registry/cmd)
