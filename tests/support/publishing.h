/* Packs to publish in a world (world.h): files, keys and signatures by the project's own libraries.
 */
#pragma once

#include "lib/crypto/key.h"
#include "lib/pack/archive.h"
#include "lib/trust/verify.h"
#include "registry/domain/organisation.h"
#include "registry/domain/publish.h"
#include "tests/support/world.h"

/* An organisation with an owner and a registered key. */
struct house {
    struct principal *owner;
    const char *name;
    struct private_key *key;
    const char *key_id;
};

static inline struct house house_new(void)
{
    struct house house = { .owner = world_person(false), .name = world_text("house") };
    struct actor actor = world_actor(house.owner);
    struct organisation_request request = { .name = house.name };
    assert_ok(organisation_make(&world.registry, &request, &actor, &err));
    assert_ok(private_key_generate(KEY_ED25519, &house.key, &err));
    CLEANUP(public_key_freep) struct public_key *public = private_key_public(house.key);
    house.key_id = arena_printf(world.arena, "%s", public_key_id(public));
    struct key_request key = { house.name, "release", public_key_pem(public, world.arena) };
    const char *document;
    assert_ok(key_add(&world.registry, &key, &actor, world.arena, &document, &err));
    return house;
}

static inline void house_clear(struct house *house)
{
    private_key_free(house->key);
}

struct sample {
    struct pack_file files[6];
    size_t count;
    struct pack_bytes archive;
    struct pack_index index;
};

static inline struct pack_file sample_file(const char *path, const char *text)
{
    return (struct pack_file){ .path = path,
                               .bytes = text,
                               .size = strlen(text),
                               .executable = strstr(path, "bin/") != NULL };
}

/* A small sound pack. */
static inline struct sample sample_new(const char *name, const char *version)
{
    struct sample sample = { .count = 4 };
    const char *manifest = arena_printf(
        world.arena,
        "{\"schema_version\":1,\"name\":\"%s\",\"version\":\"%s\",\"description\":\"A sample\","
        "\"license\":\"MIT\",\"keywords\":[\"alpha\"],\"artifacts\":["
        "{\"type\":\"profile\",\"path\":\"policy.json\",\"install_as\":\"%s\",\"aliases\":[\"%s-x\"]},"
        "{\"type\":\"plugin\",\"path\":\"bin/run.sh\"}]}",
        name, version, name, name);
    sample.files[0] = sample_file("package.json", manifest);
    sample.files[1] = sample_file("README.md", "# Sample\n");
    sample.files[2] = sample_file("bin/run.sh", "#!/bin/sh\n");
    sample.files[3] = sample_file("policy.json", "{\"extends\":\"default\",\"filesystem\":"
                                                 "{\"read\":[\"$HOME/sample\"]}}");
    return sample;
}

static inline void sample_pack(struct sample *sample)
{
    assert_ok(archive_from_files(sample->files, sample->count, NULL, world.arena, &sample->archive,
                                 &sample->index, &err));
}

/* A statement about the sample as it is, under these names. */
static inline struct pack_bytes sample_sign(const struct sample *sample, const char *const ref[3],
                                            const struct private_key *key)
{
    size_t count = sample->index.files.count;
    struct subject *subjects = ARENA_ARRAY(world.arena, struct subject, count);
    for (size_t i = 0; i < count; i++) {
        const struct pack_file *file = LIST_AT(sample->index.files, struct pack_file, i);
        subjects[i] = (struct subject){ file->path, file->sha256 };
    }
    struct trust_subject subject = {
        ref[0], ref[1], ref[2], sample->index.sha256, sample->index.tar_sha256, { subjects, count }
    };
    const char *bundle = "";
    assert_ok(trust_sign(&subject, key, world.arena, &bundle, &err));
    return (struct pack_bytes){ bundle, strlen(bundle) };
}

/* Signs and publishes a packed sample as its house's. */
static inline bool sample_publish(const struct house *house, const struct sample *sample,
                                  const char *name, const char *version, struct publish_result *out,
                                  struct error *err)
{
    const char *const ref[3] = { house->name, name, version };
    struct actor actor = world_actor(house->owner);
    struct publish_request request = { .namespace = house->name,
                                       .name = name,
                                       .version = version,
                                       .bundle = sample_sign(sample, ref, house->key),
                                       .archive = sample->archive };
    return version_publish(&world.registry, &request, &actor, world.arena, out, err);
}

/* The whole way, for tests that need a version to be there. */
static inline struct publish_result sample_there(const struct house *house, const char *name,
                                                 const char *version)
{
    struct sample sample = sample_new(name, version);
    struct publish_result result = { 0 };
    sample_pack(&sample);
    assert_ok(sample_publish(house, &sample, name, version, &result, &err));
    return result;
}
