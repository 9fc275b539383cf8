# nono_module(<folder> [USES <folder>...] [EXTERNAL <target>...])
#
# The C files of a folder as one static library, nono-<folder>; a folder of headers alone is an
# interface. USES is the whole of what it may include; layers.txt records it, and
# tools/check_layers.py holds every #include to it.
set(NONO_LAYERS ${PROJECT_BINARY_DIR}/layers.txt)
file(WRITE ${NONO_LAYERS} "")

function(nono_module folder)
  cmake_parse_arguments(arg "" "" "USES;EXTERNAL" ${ARGN})
  string(REPLACE "/" "-" name nono-${folder})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$") # a program's entry, not the module's

  list(TRANSFORM arg_USES REPLACE "/" "-" OUTPUT_VARIABLE used)
  list(TRANSFORM used PREPEND nono-)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} PUBLIC nono-compiler ${used} ${arg_EXTERNAL})
  else()
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${name} INTERFACE nono-compiler ${used} ${arg_EXTERNAL})
  endif()

  set_property(GLOBAL PROPERTY ${name}_USES ${used}) # for Musl.cmake
  set_property(GLOBAL PROPERTY ${name}_EXTERNAL ${arg_EXTERNAL})

  list(JOIN arg_USES " " uses)
  file(APPEND ${NONO_LAYERS} "${folder}: ${uses}\n")
endfunction()
