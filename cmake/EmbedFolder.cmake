# nono_embed_folder(<module folder> <folder of files> <name>.def)
#
# Writes name.def, one TEXT_FILE("stem", "text") a file, for the module to include. Run as a script
# (cmake -P) it does the writing; included, it adds the rule.
if(CMAKE_SCRIPT_MODE_FILE)
  file(GLOB files ${TEXT_DIR}/*)
  set(out "")
  foreach(file ${files})
    cmake_path(GET file STEM LAST_ONLY name)
    file(READ ${file} text)
    string(REPLACE "\\" "\\\\" text "${text}")
    string(REPLACE "\"" "\\\"" text "${text}")
    string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
    string(APPEND out "TEXT_FILE(\"${name}\",\n    \"${text}\")\n")
  endforeach()
  file(CONFIGURE OUTPUT ${TEXT_OUT} CONTENT "@out@" @ONLY)
  return()
endif()

set(NONO_EMBED_FOLDER_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(nono_embed_folder module dir out)
  string(REPLACE "/" "-" name nono-${module})
  set(out ${PROJECT_BINARY_DIR}/generated/${out})
  file(GLOB files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${dir}/*)
  add_custom_command(OUTPUT ${out} DEPENDS ${files} ${NONO_EMBED_FOLDER_SCRIPT}
    COMMAND ${CMAKE_COMMAND} -DTEXT_DIR=${PROJECT_SOURCE_DIR}/${dir} -DTEXT_OUT=${out} -P ${NONO_EMBED_FOLDER_SCRIPT})
  target_sources(${name} PRIVATE ${out})
  target_include_directories(${name} PRIVATE ${PROJECT_BINARY_DIR}/generated)
endfunction()
