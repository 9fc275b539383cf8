#include "sandbox/linux/listing.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stddef.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/cleanup.h"
#include "lib/base/files.h"
#include "lib/base/record.h"
#include "lib/base/stack.h"

/* Some five hundred names: reading more takes longer than looking up. */
#define LISTING_READS 4
#define LISTING_BYTES 4096

/* getdents64(2) */
struct entry {
    uint64_t ino;
    int64_t off;
    uint16_t len;
    uint8_t type;
    char name[];
};

/* Of the others, some show what they do not list: automounts, folders of old states, whole hosts.
 */
static bool lists_all(int dir)
{
    static const uint32_t kinds[] = {
        EXT4_SUPER_MAGIC, BTRFS_SUPER_MAGIC,     XFS_SUPER_MAGIC,
        F2FS_SUPER_MAGIC, OVERLAYFS_SUPER_MAGIC, TMPFS_MAGIC,
    };
    struct statfs fs;
    if (fstatfs(dir, &fs) < 0)
        return false;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if ((uint32_t)fs.f_type == kinds[i])
            return true;
    return false;
}

/*
 * FNV-1a, of small letters: a folder may take large ones for the same. False for a name that is not
 * ASCII, which such a folder may take for one that is.
 */
static bool name_place(const char *name, size_t *out)
{
    uint32_t hash = 2166136261;
    for (; *name; name++) {
        unsigned char c = (unsigned char)*name;
        if (c >= 0x80)
            return false;
        c |= c >= 'A' && c <= 'Z' ? 0x20 : 0;
        hash = (hash ^ c) * 16777619;
    }
    *out = (hash ^ hash >> 16) % LISTING_BITS;
    return true;
}

static bool entries_add(struct listing *listing, const char *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        const struct entry *entry = (const void *)(bytes + at);
        size_t place;
        if (!name_place(entry->name, &place))
            return false;
        listing->bits[place / 64] |= UINT64_C(1) << place % 64;
        at += entry->len;
    }
    return true;
}

OWN_FRAME bool listing_read(struct listing *listing, int dir)
{
    CLEANUP(closep) int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || !lists_all(fd))
        return false;
    _Alignas(struct entry) char bytes[LISTING_BYTES] UNINITIALIZED;
    memset(listing, 0, sizeof(*listing));
    for (int reads = 0; reads < LISTING_READS; reads++) {
        long size = syscall(SYS_getdents64, fd, bytes, sizeof(bytes));
        if (size <= 0)
            return size == 0;
        if (!entries_add(listing, bytes, (size_t)size))
            return false;
    }
    return false;
}

bool listing_lacks(const struct listing *listing, const char *name)
{
    size_t place;
    return name_place(name, &place) && !(listing->bits[place / 64] >> place % 64 & 1);
}
