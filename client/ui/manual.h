/* The manual pages, docs/man, which are installed beside the program. */
#pragma once

/*
 * Becomes man(1) with the page of a command, "nono-run" of nono and "run". Returns when standard
 * output is no terminal, and when the page or man(1) is not there: --help tells as much then.
 */
void manual_open(const char *program, const char *command);
