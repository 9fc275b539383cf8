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

include(Musl)
if(NONO_MUSL)
  nono_musl_module(nono-client-cmd)
  nono_musl_module(nono-client-ui)
  nono_program(nono         client/main.c              USES client/cmd-musl client/ui-musl)
  nono_musl_link(nono)
  target_sources(nono PRIVATE client/fortify.c client/first.c)
  # gcc knows what malloc is, and would make one of malloc and memset
  set_source_files_properties(client/first.c PROPERTIES COMPILE_OPTIONS "-fno-lto;-fno-builtin")
  target_link_options(nono PRIVATE -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free)
  include(Start)
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    target_sources(nono PRIVATE client/copy.c client/length.c)
    # nothing in them may become a call of what it stands for
    set_source_files_properties(client/copy.c client/length.c PROPERTIES
                                COMPILE_OPTIONS "-fno-lto;-fno-tree-loop-distribute-patterns")
    target_link_options(nono PRIVATE -Wl,--wrap=memcpy,--wrap=strlen)
  endif()
else()
  nono_program(nono         client/main.c              USES client/cmd client/ui)
endif()
if(NONO_STATIC) # no dynamic loader on the way to the sandbox: docs/performance.md has what that saves
  if(NOT NONO_MUSL)
    target_link_libraries(nono PRIVATE -static-pie) # behind the -pie that CMake adds
  endif()
  if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
    target_sources(nono PRIVATE client/cpu.c)
    set_source_files_properties(client/cpu.c PROPERTIES COMPILE_OPTIONS -fno-lto) # --wrap looks past it otherwise
    target_link_options(nono PRIVATE -Wl,--wrap=OPENSSL_cpuid_setup)
    if(NOT NONO_MUSL) # whose startup knows none before 1.2.4
      target_link_options(nono PRIVATE -Wl,-z,pack-relative-relocs)
    endif()
  endif()
endif()
nono_program(nono-pkg       client/cmd/pkg/main.c      LIBEXEC USES client/cmd/pkg client/ui)
nono_program(nono-proxy     sandbox/proxy/main.c       LIBEXEC USES sandbox/proxy sandbox/api)
nono_program(nono-registry  registry/main.c            USES registry/cmd)
