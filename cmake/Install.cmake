# cmake --install build/release [--prefix P]: bin, libexec/nono, lib, include and share below the prefix.
#
# Programs find each other, the pages of the registry and the manual from where they are, so the tree may be moved; bin,
# libexec/nono and share/nono are what they look for, and not to be renamed. SQL, built-in profiles and the OpenAPI document are inside them.
include(GNUInstallDirs)

install(TARGETS nono nono-registry RUNTIME DESTINATION bin)
install(TARGETS nono-pkg nono-proxy RUNTIME DESTINATION libexec/nono)

# libnono. The pkg-config file tells everything from its own place.
install(TARGETS libnono LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${NONO_LIB_DIR}/libnono.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES sandbox/include/nono.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
file(RELATIVE_PATH NONO_PC_PREFIX /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" NONO_PC_PREFIX "${NONO_PC_PREFIX}")
configure_file(sandbox/api/libnono.pc.in ${PROJECT_BINARY_DIR}/libnono.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libnono.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The manual: docs/man, and a link for each further name in a page's NAME section. The build has them at the same place below
# its folder, where `nono help` finds them before anything is installed.
file(GLOB pages CONFIGURE_DEPENDS docs/man/*.[1-9])
foreach(page ${pages})
  cmake_path(GET page FILENAME file)
  cmake_path(GET page EXTENSION LAST_ONLY section)
  string(SUBSTRING ${section} 1 -1 section)
  set(folder ${PROJECT_BINARY_DIR}/share/man/man${section})
  file(MAKE_DIRECTORY ${folder})
  file(CREATE_LINK ${page} ${folder}/${file} SYMBOLIC)
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  file(STRINGS ${page} names REGEX "^\\.Nm nono-")
  foreach(name ${names})
    string(REGEX REPLACE "^\\.Nm ([a-z.-]+).*" "\\1.${section}" name ${name})
    if(NOT name STREQUAL file)
      file(CREATE_LINK ${file} ${folder}/${name} SYMBOLIC)
      install(FILES ${folder}/${name} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
    endif()
  endforeach()
endforeach()

install(FILES client/ui/completions/bash DESTINATION share/bash-completion/completions RENAME nono)
install(FILES client/ui/completions/zsh DESTINATION share/zsh/site-functions RENAME _nono)
install(FILES client/ui/completions/fish DESTINATION share/fish/vendor_completions.d RENAME nono.fish)

# The registry's pages are npm's to build: ./dev web.
install(DIRECTORY web/dist/ DESTINATION share/nono/web OPTIONAL PATTERN .stamp EXCLUDE)
install(CODE "if(NOT EXISTS \"${PROJECT_SOURCE_DIR}/web/dist/index.html\")
  message(WARNING \"The registry's web pages are not built and were not installed: ./dev web\")
endif()")
install(FILES schema/openapi.yaml schema/package.schema.json schema/profile.schema.json DESTINATION share/nono/schema)

# The unit names the program by its whole path, which the prefix of the installation decides.
install(CODE "set(NONO_BIN \"\${CMAKE_INSTALL_PREFIX}/bin\")
configure_file(\"${PROJECT_SOURCE_DIR}/deploy/nono-registry.service.in\" \"${PROJECT_BINARY_DIR}/nono-registry.service\" @ONLY)")
install(FILES ${PROJECT_BINARY_DIR}/nono-registry.service DESTINATION lib/systemd/system)
install(FILES deploy/nono-registry.sysusers DESTINATION lib/sysusers.d RENAME nono-registry.conf)

install(FILES LICENSE README.md CHANGELOG.md SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs PATTERN man EXCLUDE)
install(FILES deploy/nginx.conf deploy/registry.toml DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
