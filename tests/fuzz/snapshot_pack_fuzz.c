/* USES sandbox/snapshot */
/*
 * The end of a pack: the input is an index and what leads to it, of which the digest is made right.
 * What is accepted is in order, and every object lies between the header and the index.
 */
#include <assert.h>
#include <sys/mman.h>

#include "lib/base/files.h"
#include "sandbox/snapshot/bytes.h"
#include "sandbox/snapshot/pack.h"

#define OBJECTS 4096 /* bytes before the index */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void entries_check(const struct pack_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert(entries[i].offset >= 16 && entries[i].offset + entries[i].len <= OBJECTS);
        assert(i == 0 || memcmp(entries[i - 1].digest, entries[i].digest, SHA256_BYTES) < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char objects[OBJECTS];
    struct error err;
    CLEANUP(closep) int fd = memfd_create("pack", MFD_CLOEXEC);
    struct writer text = { 0 };
    put_bytes(&text, objects, sizeof(objects));
    put_bytes(&text, data, size);
    if (size >= 64 && data[0] & 1) /* let the footer say what it says, but for the digest */
        sha256_of(data, size - 64, text.bytes + text.len - 64 + 16);
    assert(file_write_all(fd, text.bytes, text.len, &err));
    writer_clear(&text);

    CLEANUP(freep) struct pack_entry *entries = NULL;
    size_t count;
    if (pack_index_read(fd, &entries, &count, &err))
        entries_check(entries, count);
    return 0;
}
