# libnono.so and libnono.a in build/<preset>/lib: sandbox/api and what it stands on, exporting nono_*
# alone. They need nothing else of the tree: cmake --build build/dev --target libnono libnono-static
set(NONO_LIB_DIR ${PROJECT_BINARY_DIR}/lib)
set(parts nono-sandbox-api nono-sandbox-linux nono-sandbox-policy nono-lib-base)

add_library(libnono SHARED $<TARGET_OBJECTS:nono-sandbox-api>)
target_link_libraries(libnono PRIVATE nono-compiler nono-sandbox-linux nono-sandbox-policy nono-lib-base)
set_target_properties(libnono PROPERTIES LINKER_LANGUAGE C)
target_link_options(libnono PRIVATE -Wl,--version-script=${PROJECT_SOURCE_DIR}/sandbox/api/libnono.map)
set_target_properties(libnono PROPERTIES OUTPUT_NAME nono VERSION ${PROJECT_VERSION} SOVERSION 0
  LIBRARY_OUTPUT_DIRECTORY ${NONO_LIB_DIR} LINK_DEPENDS ${PROJECT_SOURCE_DIR}/sandbox/api/libnono.map)

# One object, so that the names inside stay inside.
set(object ${PROJECT_BINARY_DIR}/libnono.o)
foreach(part ${parts})
  list(APPEND archives $<TARGET_FILE:${part}>)
endforeach()
set(relocatable -r -nostdlib)
if(CMAKE_INTERPROCEDURAL_OPTIMIZATION AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND relocatable -O2 -flto -flinker-output=nolto-rel ${NONO_PREFIX_MAP})
endif()
add_custom_command(OUTPUT ${NONO_LIB_DIR}/libnono.a DEPENDS ${parts}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${NONO_LIB_DIR}
  COMMAND ${CMAKE_C_COMPILER} ${relocatable} -o ${object} -Wl,-u,nono_version $<TARGET_OBJECTS:nono-sandbox-api>
          -Wl,--start-group ${archives} -Wl,--end-group
  COMMAND ${CMAKE_OBJCOPY} --wildcard --keep-global-symbol=nono_* ${object}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${NONO_LIB_DIR}/libnono.a
  COMMAND ${CMAKE_AR} rcs ${NONO_LIB_DIR}/libnono.a ${object}
  COMMAND_EXPAND_LISTS VERBATIM COMMENT "Linking libnono.a")
add_custom_target(libnono-static ALL DEPENDS ${NONO_LIB_DIR}/libnono.a)
