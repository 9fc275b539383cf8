/* The user's browser, where there is one. */
#pragma once

/* Tries; says nothing when it cannot. Only https, or http to this machine, is opened. */
void browser_open(const char *url);
