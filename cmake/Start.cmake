# How the launcher with musl lies in its file: what a start runs and writes stands side by side, so that it touches few pages.
# docs/performance.md has what that saves. The order is client/start.order's; a name that is gone from the code does no harm.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS client/start.order)
file(STRINGS client/start.order NONO_START_ORDER REGEX "^[^#]")
set(NONO_START_FUNCTIONS "")
foreach(name ${NONO_START_ORDER})
  string(APPEND NONO_START_FUNCTIONS "    *(.text.${name} .text.${name}.*)\n")
endforeach()
# What is only read stands behind the headers and the packed addresses, which are read first: one mapping and one page fault less
# than in a place of its own.
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/start.ld @ONLY CONTENT "SECTIONS
{
  .text.start :
  {
    *rcrt1.o(.text .text.*)
    *crtbeginS.o(.text)
    *libc.a:__set_thread_area.lo(.text)
    *libc.a:mem*.lo(.text)
    *libc.a:syscall_cp.lo(.text)
    *(.text.startup.main .text.unlikely.find_profile .text.nono_start .text.nono_relocate)
    *libpopt.a:popt.o(.text)
@NONO_START_FUNCTIONS@    *libcrypto.a:*sha256*(.text .text.*)
    *libcrypto.a:*mem_clr*(.text .text.*)
  }
}
INSERT BEFORE .text;
SECTIONS
{
  .rodata.start :
  {
    *libc.a:vfprintf.lo(.rodata .rodata.*)
    *(.rodata.str* .rodata.cst*)
    *(.rodata .rodata.*)
  }
  .eh_frame.start : { KEEP (*(.eh_frame .eh_frame.*)) }
}
INSERT AFTER .relr.dyn;
SECTIONS
{
  .bss.last (NOLOAD) :
  {
    *(.bss.arena_pool)
    *(.bss.run.*)
  }
}
INSERT AFTER .bss;
")
# Link-time optimization makes the sections anew, and is told here that each function and object has its own.
target_link_options(nono PRIVATE -Wl,-T,${PROJECT_BINARY_DIR}/start.ld -ffunction-sections -fdata-sections)
set_property(TARGET nono APPEND PROPERTY LINK_DEPENDS ${PROJECT_BINARY_DIR}/start.ld)

if(CMAKE_SYSTEM_PROCESSOR STREQUAL x86_64)
  target_sources(nono PRIVATE client/start.c)
  set_source_files_properties(client/start.c PROPERTIES COMPILE_OPTIONS -fno-lto)
  target_link_options(nono PRIVATE -Wl,-e,nono_start -Wl,-z,pack-relative-relocs)
  target_compile_definitions(nono-client-cmd-musl PRIVATE NONO_START)
endif()
