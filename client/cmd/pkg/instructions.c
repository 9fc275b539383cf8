#include "client/cmd/pkg/instructions.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "client/install/contents.h"
#include "lib/base/files.h"
#include "lib/base/text.h"

bool instructions_find(const struct fetched *fetched, struct arena *arena, struct list *out,
                       struct error *err)
{
    const struct list *artifacts = &fetched->index.manifest.artifacts;
    const struct artifact **found = ARENA_ARRAY(arena, const struct artifact *, artifacts->count);
    size_t count = 0;
    LIST_FOREACH (*artifacts, const struct artifact, artifact) {
        const char *name = artifact_project_name(artifact);
        if (!name)
            continue;
        if (!project_name_is_harmless(name)) {
            error_set(err, DENIED, "%s/%s: \"%.100s\" is no file to put into a project",
                      fetched->ref.namespace, fetched->ref.name, name);
            return error_hint(err, "--init copies .md, .mdc and .txt files that are not hidden");
        }
        found[count++] = artifact;
    }
    *out = (struct list){ found, count };
    return true;
}

/* *out_made is false when something has the name already, whatever it is. */
static bool file_make(int dir, const char *name, const char *bytes, size_t len, bool *out_made,
                      struct error *err)
{
    CLEANUP(closep)
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    *out_made = fd >= 0;
    if (fd < 0)
        return errno == EEXIST || error_set_errno(err, "%s", name);
    if (file_write_all(fd, bytes, len, err) && file_sync(fd, err))
        return true;
    (void)unlinkat(dir, name, 0);
    return error_prefix(err, "%s", name);
}

static bool one_copy(const struct fetched *fetched, const struct artifact *artifact, int dir,
                     struct arena *arena, bool *out_made, struct error *err)
{
    const char *bytes;
    size_t len;
    return contents_read(&fetched->source, &fetched->index, artifact->path, arena, &bytes, &len,
                         err) &&
           file_make(dir, artifact_project_name(artifact), bytes, len, out_made, err);
}

bool instructions_copy(const struct fetched *fetched, const struct list *artifacts,
                       const struct instructions_how *how, struct doc *report, struct arena *arena,
                       struct error *err)
{
    CLEANUP(closep) int dir = -1;
    struct doc *list = doc_add_list(arena, report, "project_files");
    if (!dir_open(".", &dir, err))
        return false;
    LIST_FOREACH (*artifacts, const struct artifact *, artifact) {
        const char *name = artifact_project_name(*artifact);
        struct stat st;
        bool made = how->dry_run && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0;
        if (!how->dry_run && !one_copy(fetched, *artifact, dir, arena, &made, err))
            return false;
        const char *result = !made          ? "is there already"
                             : how->dry_run ? "would be copied"
                                            : "copied";
        struct doc *entry = doc_add_table(arena, list, NULL);
        doc_add_text(arena, entry, "file", name);
        doc_add_text(arena, entry, "result", result);
        if (!how->quiet)
            printf("./%s  %s\n", text_escape(name, arena), result);
    }
    return true;
}
