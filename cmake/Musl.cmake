# The launcher with musl in place of glibc: NONO_MUSL, docs/performance.md.
#
# gcc is the same; its specs (Debian's musl-tools) name other headers and another libc.a. So each module that the launcher is made
# of is compiled a second time. Its libraries are Debian's archives, made for glibc: what they ask of it, musl has too, but for
# the checking variants of _FORTIFY_SOURCE, which client/fortify.c adds; the link fails when that is no longer all.
find_file(NONO_MUSL_SPECS musl-gcc.specs PATHS /usr/lib/${CMAKE_SYSTEM_PROCESSOR}-linux-musl NO_DEFAULT_PATH)
mark_as_advanced(NONO_MUSL_SPECS)
if(NONO_STATIC AND CMAKE_C_COMPILER_ID STREQUAL GNU AND NONO_MUSL_SPECS)
  option(NONO_MUSL "Link the launcher with musl" ON)
endif()
if(NOT NONO_MUSL)
  return()
endif()

# Of the system's headers those alone that are no C library's.
set(NONO_MUSL_INCLUDE ${PROJECT_BINARY_DIR}/musl-include)
file(MAKE_DIRECTORY ${NONO_MUSL_INCLUDE}/openssl)
foreach(root /usr/include /usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
  foreach(name linux asm asm-generic popt.h jansson.h jansson_config.h yaml.h)
    if(EXISTS ${root}/${name})
      file(CREATE_LINK ${root}/${name} ${NONO_MUSL_INCLUDE}/${name} SYMBOLIC)
    endif()
  endforeach()
  file(GLOB headers RELATIVE ${root}/openssl ${root}/openssl/*.h)
  foreach(name ${headers})
    file(CREATE_LINK ${root}/openssl/${name} ${NONO_MUSL_INCLUDE}/openssl/${name} SYMBOLIC)
  endforeach()
endforeach()

add_library(nono-musl INTERFACE)
target_compile_definitions(nono-musl INTERFACE NONO_ARENA_POOL)
target_compile_options(nono-musl INTERFACE -specs=${NONO_MUSL_SPECS} -isystem ${NONO_MUSL_INCLUDE})

# The twin of a module, and of those it uses.
function(nono_musl_module name)
  if(TARGET ${name}-musl)
    return()
  endif()
  get_property(uses GLOBAL PROPERTY ${name}_USES)
  get_property(external GLOBAL PROPERTY ${name}_EXTERNAL)
  foreach(used ${uses})
    nono_musl_module(${used})
  endforeach()
  list(TRANSFORM uses APPEND -musl)
  get_target_property(sources ${name} SOURCES)
  set(kind INTERFACE)
  if(sources)
    set(kind PUBLIC)
    add_library(${name}-musl STATIC ${sources})
    add_dependencies(${name}-musl ${name}) # which makes what is generated
  else()
    add_library(${name}-musl INTERFACE)
  endif()
  target_include_directories(${name}-musl ${kind} ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(${name}-musl ${kind} nono-compiler nono-musl ${uses})
  foreach(library ${external})
    get_target_property(archive ${library} INTERFACE_LINK_LIBRARIES)
    target_link_libraries(${name}-musl ${kind} /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/lib${archive}.a)
  endforeach()
endfunction()

# Debian's specs know no static-pie: what gcc links one of with musl, its C library's files with glibc's left out.
function(nono_musl_link program)
  get_filename_component(musl ${NONO_MUSL_SPECS} DIRECTORY)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/musl-static-pie.specs @ONLY CONTENT "*startfile:
@musl@/rcrt1.o @musl@/crti.o crtbeginS.o%s

*endfile:
crtendS.o%s @musl@/crtn.o

*link:
-static -pie --no-dynamic-linker -z text -nostdlib

*link_libgcc:
-L@musl@ -L .%s

*libgcc:
libgcc.a%s libgcc_eh.a%s

*lib:
-lc
")
  target_link_options(${program} PRIVATE -specs=${PROJECT_BINARY_DIR}/musl-static-pie.specs)
endfunction()
