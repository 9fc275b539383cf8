#include "sandbox/linux/interpreter.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/cleanup.h"

#define HEAD_BYTES    ((size_t)4096)
#define PROGRAMS_MAX  128
#define SCRIPT_HEADER 255 /* BINPRM_BUF_SIZE - 1 of the kernel */

static bool text_take(const unsigned char *from, size_t len, char out[PATH_MAX])
{
    size_t size = strnlen((const char *)from, len);
    if (size == 0 || size >= PATH_MAX)
        return false;
    memcpy(out, from, size);
    out[size] = '\0';
    return true;
}

static bool elf_interpreter(const unsigned char *head, size_t len, char out[PATH_MAX])
{
    Elf64_Ehdr header;
    if (len < sizeof(header) || head[EI_CLASS] != ELFCLASS64)
        return false; /* the filter ends 32-bit programs */
    memcpy(&header, head, sizeof(header));
    if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum > PROGRAMS_MAX ||
        header.e_phoff > len || header.e_phnum * sizeof(Elf64_Phdr) > len - header.e_phoff)
        return false;
    for (size_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr program;
        memcpy(&program, head + header.e_phoff + i * sizeof(program), sizeof(program));
        if (program.p_type != PT_INTERP)
            continue;
        return program.p_offset < len && program.p_filesz <= len - program.p_offset &&
               text_take(head + program.p_offset, program.p_filesz, out);
    }
    return true;
}

static bool script_interpreter(const unsigned char *head, size_t len, char out[PATH_MAX])
{
    size_t limit = len < SCRIPT_HEADER ? len : SCRIPT_HEADER, begin = 2;
    while (begin < limit && (head[begin] == ' ' || head[begin] == '\t'))
        begin++;
    size_t end = begin;
    while (end < limit && !memchr(" \t\n", head[end], 4)) /* a NUL ends it, too */
        end++;
    if (end == limit && limit < len) /* the kernel would refuse a name that is cut */
        return false;
    return text_take(head + begin, end - begin, out);
}

bool interpreter_of(const unsigned char *head, size_t len, char out[PATH_MAX])
{
    out[0] = '\0';
    if (len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0)
        return elf_interpreter(head, len, out);
    if (len >= 2 && head[0] == '#' && head[1] == '!')
        return script_interpreter(head, len, out);
    return true;
}

static bool is_program(const unsigned char *head, size_t len)
{
    return (len >= SELFMAG && memcmp(head, ELFMAG, SELFMAG) == 0) ||
           (len >= 2 && head[0] == '#' && head[1] == '!');
}

bool interpreter_find(const char *path, char out[PATH_MAX], bool *out_program, struct error *err)
{
    unsigned char head[HEAD_BYTES];
    CLEANUP(closep) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return error_set_errno(err, "%s", path);
    ssize_t len = read(fd, head, sizeof(head));
    if (len < 0)
        return error_set_errno(err, "read %s", path);
    *out_program = is_program(head, (size_t)len);
    return interpreter_of(head, (size_t)len, out) ||
           error_set(err, INVALID, "%s: its header is malformed", path);
}
