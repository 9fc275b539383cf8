/*
 * SIGCHLD as this process needs it. Whoever starts us may have it ignored, which exec(2) hands on:
 * then children are gone before they can be waited for, and no end of one is told.
 */
#pragma once

/* At the start of a program, before it has children: the default. Remembers what was inherited. */
void signals_begin(void);

/* What was inherited, for what this process or a fresh child of it becomes. Only system calls. */
void signals_hand_on(void);
