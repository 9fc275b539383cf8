/*
 * SIGCHLD as this process needs it. Whoever starts us may have it ignored, which exec(2) hands on:
 * then children are gone before they can be waited for, and no end of one is told.
 *
 * SIGXFSZ, as it comes when a file is to grow over the limit of files' sizes, is not our end: the
 * write fails, and what failed is said. What this process starts or becomes has it as we got it.
 */
#pragma once

/* At the start of a program, before it has children or writes. Remembers what was inherited. */
void signals_begin(void);

/* The same of SIGPIPE, for who has more to do than to tell: what nobody reads is lost, and no end.
 */
void signals_outlive_readers(void);

/* SIGCHLD as inherited, for what this process or a fresh child of it becomes. Only system calls. */
void signals_hand_on(void);
