#include "lib/pack/ref.h"

#include <stdio.h>
#include <string.h>

#include "lib/pack/semver.h"

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool part_check(const char *part, size_t len, const char *what, struct error *err)
{
    if (len == 0)
        error_set(err, INVALID, "the %s is empty", what);
    else if (len > LIMIT_PACK_NAME_BYTES)
        error_set(err, INVALID, "the %s has over %d characters", what, LIMIT_PACK_NAME_BYTES);
    else if (!is_alphanumeric(part[0]))
        error_set(err, INVALID, "the %s does not begin with a letter or digit", what);
    else {
        size_t good = 0;
        while (good < len && (is_alphanumeric(part[good]) || memchr("._-", part[good], 3)))
            good++;
        if (good == len)
            return true;
        error_set(err, INVALID, "the %s may hold only A-Z a-z 0-9 . _ -", what);
    }
    return error_field(err, "%s", what);
}

bool pack_name_check(const char *name, const char *what, struct error *err)
{
    return part_check(name, strlen(name), what, err);
}

bool pack_namespace_check(const char *name, const char *what, struct error *err)
{
    size_t len = strlen(name), end = strlen(".json");
    if (!pack_name_check(name, what, err))
        return false;
    if (len < end || strcasecmp(name + len - end, ".json") != 0)
        return true;
    error_set(err, INVALID,
              "the %s %s is reserved: it ends as the files do that packs are kept with", what,
              name);
    return error_field(err, "%s", what);
}

/* Beside the namespaces' folders. */
static bool is_store_file(const char *name)
{
    static const char *const files[] = { "lockfile.json", "wired.json", "journal.json",
                                         "journal-done.json" };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (strcasecmp(name, files[i]) == 0)
            return true;
    return false;
}

static bool version_read(const char *text, struct pack_ref *ref, struct error *err)
{
    size_t len = strlen(text);
    struct semver version;
    struct semver_range range;
    if (len == 0 || len > LIMIT_VERSION_BYTES)
        return error_set(err, INVALID, "the version behind '@' must have 1 to %d characters",
                         LIMIT_VERSION_BYTES);
    if (strcmp(text, "latest") == 0)
        return true;
    if (semver_parse(text, &version, err))
        ref->kind = PACK_REF_VERSION;
    else if (semver_range_parse(text, &range, err))
        ref->kind = PACK_REF_RANGE;
    else {
        error_set(err, INVALID, "what is behind '@' is neither a version nor a range of versions");
        return error_hint(err, "as in 1.2.3, ^1.2 or >=1.0 <3");
    }
    memcpy(ref->version, text, len);
    return true;
}

bool pack_ref_parse(const char *text, struct pack_ref *out, struct error *err)
{
    struct pack_ref ref = { 0 };
    const char *slash = strchr(text, '/');
    if (!slash) {
        error_set(err, INVALID, "expected NAMESPACE/NAME");
        return error_hint(err, "as in always-further/secure-coding or acme/web@1.2.3");
    }
    const char *name = slash + 1, *at = strchrnul(name, '@');
    size_t namespace_len = (size_t)(slash - text), name_len = (size_t)(at - name);
    if (!part_check(text, namespace_len, "namespace", err) ||
        !part_check(name, name_len, "name", err))
        return false;
    memcpy(ref.namespace, text, namespace_len);
    memcpy(ref.name, name, name_len);
    if (is_store_file(ref.namespace))
        return error_set(err, INVALID, "the namespace %s is reserved", ref.namespace);
    if (*at && !version_read(at + 1, &ref, err))
        return error_field(err, "version");
    *out = ref;
    return true;
}

void pack_ref_print(const struct pack_ref *ref, char out[PACK_REF_MAX])
{
    (void)snprintf(out, PACK_REF_MAX, "%s/%s%s%s", ref->namespace, ref->name,
                   *ref->version ? "@" : "", ref->version);
}
