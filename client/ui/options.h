/* What is in popt's tables, with the tables that they include. */
#pragma once

#include <popt.h>
#include <stdbool.h>

/* Calls visit for each option that has a long name and is shown in help. */
typedef void option_visit(const struct poptOption *option, void *context);
void options_each(const struct poptOption *options, option_visit *visit, void *context);

/* The option that "--name" or "-n" is, or NULL. */
const struct poptOption *option_find(const struct poptOption *options, const char *word);

/* The long name most like what was typed ("--profle"), or NULL. */
const char *option_nearest(const struct poptOption *options, const char *typed);
