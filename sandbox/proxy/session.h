/*
 * One connection from the program: reads heads, judges each request, refuses or hands it to a
 * tunnel or an exchange, and reports what was decided.
 */
#pragma once

#include "sandbox/proxy/context.h"

struct session;

/* Called when the connection is over and closed; the session is gone then. */
typedef void session_done(struct session *session, void *argument);

/* fd is non-blocking and the session's from now on. */
struct session *session_start(struct context *context, int fd, session_done *done, void *argument);
/* Cuts everything and reports what was under way. done is not called. */
void session_cancel(struct session *session);
