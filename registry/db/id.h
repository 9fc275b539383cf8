/* An id as a parameter: 0, which no row has, is NULL. */
#pragma once

#include "registry/db/db.h"

static inline struct db_value db_id(int64_t id)
{
    return id ? db_integer(id) : db_null();
}
