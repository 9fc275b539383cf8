#include "lib/trust/subjects.h"

#include <stdlib.h>
#include <string.h>

static int subject_order(const void *a, const void *b)
{
    return strcmp(((const struct subject *)a)->name, ((const struct subject *)b)->name);
}

struct list subjects_sorted(struct list subjects, struct arena *arena)
{
    struct subject *copy = ARENA_ARRAY(arena, struct subject, subjects.count);
    if (subjects.count) {
        memcpy(copy, subjects.items, subjects.count * sizeof(*copy));
        qsort(copy, subjects.count, sizeof(*copy), subject_order);
    }
    return (struct list){ copy, subjects.count };
}

bool subjects_match(struct list said, struct list found, struct error *err)
{
    const struct subject *left = said.items, *right = found.items;
    const struct subject *left_end = left + said.count, *right_end = right + found.count;
    while (left < left_end || right < right_end) {
        int order = left == left_end     ? 1
                    : right == right_end ? -1
                                         : strcmp(left->name, right->name);
        if (order < 0)
            return error_set(err, UNTRUSTED, "%s is signed, but not there", left->name);
        if (order > 0)
            return error_set(err, UNTRUSTED, "%s is there, but not signed", right->name);
        if (strcmp(left->sha256, right->sha256) != 0)
            return error_set(err, UNTRUSTED, "%s is not what was signed", right->name);
        left++;
        right++;
    }
    return true;
}
