/*
 * Marked places at which a test kills the process, to prove that what is left behind is whole.
 *
 *     crash_point("pack.renamed");
 *
 * Built with NONO_CRASH_POINTS (every preset but release), a process whose environment says
 * NONO_CRASH_AT=NAME[:N] dies by SIGKILL when it comes to the point NAME for the N-th time, the
 * first when N is left out; the name * stands for any point, so that a test can go through all of
 * them. Otherwise, and always in a release, a point is nothing. Safe in any thread.
 */
#pragma once

#ifdef NONO_CRASH_POINTS
void crash_point(const char *name);
#else
#define crash_point(name) ((void)0)
#endif
