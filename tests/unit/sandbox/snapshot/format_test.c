/* USES tests/support */
#include <sys/mman.h>

#include "sandbox/snapshot/journal.h"
#include "sandbox/snapshot/pack.h"
#include "sandbox/snapshot/record.h"
#include "sandbox/snapshot/tree.h"
#include "tests/unit/sandbox/snapshot/world.h"

static struct node entry(const char *name, enum node_kind kind)
{
    return (struct node){
        .name = name, .name_len = (uint16_t)strlen(name), .kind = kind, .mode = 0644, .size = 0
    };
}

static void a_tree_reads_back_as_it_was(void **unused)
{
    (void)unused;
    struct node children[] = { entry("a", NODE_FILE), entry("b", NODE_FOLDER),
                               entry("c", NODE_SOCKET) };
    struct node tree = { .kind = NODE_FOLDER, .children = children, .count = 3 }, again = { 0 };
    children[0].size = 77;
    children[0].mtime_ns = -1;
    struct writer text = { 0 };
    tree_encode(&tree, &text);
    assert_ok(tree_decode(text.bytes, text.len, arena, &again, &err));
    assert_int_equal(again.count, 3);
    assert_string_equal(again.children[1].name, "b");
    assert_int_equal(again.children[0].size, 77);
    assert_true(again.children[0].mtime_ns == -1);
    assert_memory_equal(again.digest, tree.digest, SHA256_BYTES);
    for (size_t len = 0; len < text.len; len++)
        assert_fails(tree_decode(text.bytes, len, arena, &again, &err), INVALID);
    writer_clear(&text);
}

static void a_tree_that_nobody_writes_is_refused(void **unused)
{
    (void)unused;
    static const struct {
        const char *name;
        enum node_kind kind;
        uint16_t mode;
        uint64_t size;
    } bad[] = {
        { "..", NODE_FILE, 0644, 0 },       { ".", NODE_FOLDER, 0755, 0 },
        { "a/b", NODE_FILE, 0644, 0 },      { "", NODE_FILE, 0644, 0 },
        { "a", (enum node_kind)'x', 0, 0 }, { "a", NODE_FILE, 04755, 0 },
        { "a", NODE_FOLDER, 0755, 1 },      { "a", NODE_FIFO, 0600, 5 },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct node child = entry(bad[i].name, bad[i].kind), again;
        child.mode = bad[i].mode;
        child.size = bad[i].size;
        struct node tree = { .kind = NODE_FOLDER, .children = &child, .count = 1 };
        struct writer text = { 0 };
        tree_encode(&tree, &text);
        assert_fails(tree_decode(text.bytes, text.len, arena, &again, &err), INVALID);
        writer_clear(&text);
    }
    struct node twins[] = { entry("a", NODE_FILE), entry("a", NODE_FILE) }, again;
    struct node tree = { .kind = NODE_FOLDER, .children = twins, .count = 2 };
    struct writer text = { 0 };
    tree_encode(&tree, &text);
    assert_fails(tree_decode(text.bytes, text.len, arena, &again, &err), INVALID);
    put_u8(&text, 0);
    twins[1].name = "b";
    text.bytes[8] = 2; /* the version */
    assert_fails(tree_decode(text.bytes, text.len, arena, &again, &err), UNSUPPORTED);
    writer_clear(&text);
}

/* A pack of one object whose index entry says what the test wants; the index's digest is right. */
static int pack_fd(uint64_t offset, uint64_t len, uint64_t encoding, uint32_t version)
{
    unsigned char digest[SHA256_BYTES] = { 1 };
    struct writer index = { 0 }, text = { 0 };
    put_bytes(&index, digest, SHA256_BYTES);
    put_u64(&index, offset);
    put_u64(&index, len);
    put_u64(&index, encoding);
    put_bytes(&text, "nonopack\1\0\0\0\0\0\0\0content!", 24);
    put_bytes(&text, index.bytes, index.len);
    put_u64(&text, 24);
    put_u64(&text, 1);
    sha256_of(index.bytes, index.len, digest);
    put_bytes(&text, digest, SHA256_BYTES);
    put_u32(&text, version);
    put_u32(&text, 0);
    put_bytes(&text, "nonopend", 8);
    int fd = memfd_create("pack", MFD_CLOEXEC);
    assert_ok(file_write_all(fd, text.bytes, text.len, &err));
    writer_clear(&index);
    writer_clear(&text);
    return fd;
}

static void a_pack_s_index_stays_within_it(void **unused)
{
    (void)unused;
    static const struct {
        uint64_t offset, len, encoding;
        uint32_t version;
        enum error_kind kind;
    } cases[] = {
        { 16, 8, 0, 1, ERROR_NONE },        { 24, 0, 0, 1, ERROR_NONE },
        { 16, 9, 0, 1, ERROR_UNTRUSTED },   { 15, 1, 0, 1, ERROR_UNTRUSTED },
        { 25, 0, 0, 1, ERROR_UNTRUSTED },   { 16, UINT64_MAX, 0, 1, ERROR_UNTRUSTED },
        { 16, 8, 1, 1, ERROR_UNSUPPORTED }, { 16, 8, 0, 2, ERROR_UNSUPPORTED },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        CLEANUP(closep)
        int fd = pack_fd(cases[i].offset, cases[i].len, cases[i].encoding, cases[i].version);
        CLEANUP(freep) struct pack_entry *entries = NULL;
        size_t count = 0;
        struct error fault = { 0 };
        (void)!pack_index_read(fd, &entries, &count, &fault);
        assert_int_equal(fault.kind, cases[i].kind);
    }
    CLEANUP(closep) int damaged = pack_fd(16, 8, 0, 1);
    assert_int_equal(pwrite(damaged, "x", 1, 30), 1);
    struct pack_entry *entries;
    size_t count;
    assert_fails(pack_index_read(damaged, &entries, &count, &err), UNTRUSTED);
    assert_int_equal(ftruncate(damaged, 79), 0);
    assert_fails(pack_index_read(damaged, &entries, &count, &err), UNTRUSTED);
}

static void a_record_is_checked_before_it_is_used(void **unused)
{
    (void)unused;
    CLEANUP(closep) int dir = -1;
    assert_ok(dir_open(base, &dir, &err));
    const struct snapshot snapshot = take("a").snapshot;
    assert_ok(record_write(dir, &snapshot, &err));
    const char *text;
    size_t len;
    assert_ok(file_read_beneath(dir, "a.json", MIB, arena, &text, &len, &err));
    struct snapshot read;
    assert_ok(record_parse(text, len, "a.json", arena, &read, &err));
    assert_string_equal(read.root, snapshot.root);

    char *changed = arena_strndup(arena, text, len);
    *strstr(changed, "\"files\":9") = ' '; /* no JSON any more */
    struct error fault;
    assert_false(record_parse(changed, len, "a.json", arena, &read, &fault));
    assert_int_equal(fault.kind, ERROR_UNTRUSTED);
    assert_non_null(strstr(fault.message, "a.json:1:"));
    changed = arena_strndup(arena, text, len);
    memcpy(strstr(changed, "\"files\":9"), "\"files\":8", 9);
    assert_fails(record_parse(changed, len, "a.json", arena, &read, &err), UNTRUSTED);
    memcpy(strstr(changed, "\"format\":1"), "\"format\":2", 10);
    assert_fails(record_parse(changed, len, "a.json", arena, &read, &err), UNSUPPORTED);

    struct snapshot *found;
    assert_ok(file_replace(dir, "b.json", text, len, 0600, &err)); /* under another name */
    assert_fails(record_find(dir, "b", arena, &found, &err), UNTRUSTED);
    assert_ok(record_find(dir, "c", arena, &found, &err));
    assert_null(found);
}

static void a_journal_names_a_staging_folder_and_nothing_else(void **unused)
{
    (void)unused;
    CLEANUP(closep) int dir = -1;
    assert_ok(dir_open(base, &dir, &err));
    const struct journal written = { "a", ".nono-restore-0123456789abcdef", true };
    struct journal journal;
    assert_ok(restore_journal_read(dir, arena, &journal, &err));
    assert_null(journal.name);
    assert_ok(restore_journal_write(dir, &written, &err));
    assert_ok(restore_journal_read(dir, arena, &journal, &err));
    assert_string_equal(journal.staging, written.staging);
    assert_true(journal.applying);
    static const char *const bad[] = { "work", ".nono-restore-/../../work0000a", ".nono-restore-" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const struct journal wrong = { "a", bad[i], false };
        assert_ok(restore_journal_write(dir, &wrong, &err));
        assert_fails(restore_journal_read(dir, arena, &journal, &err), UNTRUSTED);
    }
    static const char newer[] = "{\"applying\":true,\"format\":2,\"name\":\"a\",\"staging\":\"x\"}";
    assert_ok(file_replace(dir, "journal", newer, strlen(newer), 0600, &err));
    assert_fails(restore_journal_read(dir, arena, &journal, &err), UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_tree_reads_back_as_it_was),
        CASE(a_tree_that_nobody_writes_is_refused),
        CASE(a_pack_s_index_stays_within_it),
        CASE(a_record_is_checked_before_it_is_used),
        CASE(a_journal_names_a_staging_folder_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
