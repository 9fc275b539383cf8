# nono_embed_text(<module folder> <name> <file>)
#
# Compiles a file into a module: const unsigned char <name>_text[] and const size_t <name>_len.
# Run as a script (cmake -P) it does the writing; included, it adds the rule.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${TEXT_IN} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR len "${digits} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  file(WRITE ${TEXT_OUT} "#include <stddef.h>\n\nextern const unsigned char ${TEXT_NAME}_text[];\nextern const size_t ${TEXT_NAME}_len;\n"
    "const unsigned char ${TEXT_NAME}_text[] = {\n${bytes}0};\nconst size_t ${TEXT_NAME}_len = ${len};\n")
  return()
endif()

set(NONO_EMBED_TEXT_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(nono_embed_text module name file)
  string(REPLACE "/" "-" target nono-${module})
  set(in ${PROJECT_SOURCE_DIR}/${file})
  set(out ${PROJECT_BINARY_DIR}/generated/${name}_text.c)
  add_custom_command(OUTPUT ${out} DEPENDS ${in} ${NONO_EMBED_TEXT_SCRIPT}
    COMMAND ${CMAKE_COMMAND} -DTEXT_IN=${in} -DTEXT_OUT=${out} -DTEXT_NAME=${name} -P ${NONO_EMBED_TEXT_SCRIPT})
  target_sources(${target} PRIVATE ${out})
endfunction()
