/*
 * Every limit on what comes from outside, in one table. A size is compared with its limit before
 * anything is allocated for it. docs/limits.md lists them for users.
 */
#pragma once

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

/* Documents */
#define LIMIT_JSON_BYTES    (2 * MIB)   /* any JSON document of a peer */
#define LIMIT_LISTING_BYTES (16 * MIB)  /* what a registry tells of a version: all its files */
#define LIMIT_PROFILE_BYTES (1 * MIB)   /* a profile, in any syntax */
#define LIMIT_CONFIG_BYTES  (256 * KIB) /* our own configuration files */
#define LIMIT_DOC_DEPTH     64          /* nesting of lists and tables */
#define LIMIT_DOC_VALUES    250000      /* values of a JSON or TOML document */
#define LIMIT_RECORD_FIELDS 128         /* fields of one record */
#define LIMIT_YAML_NODES    100000      /* values of a YAML document, aliases expanded */
#define LIMIT_YAML_LOOKUPS  50000000    /* key and anchor comparisons while one is read */

/* Patterns of paths in a profile */
#define LIMIT_GLOB_ENTRIES 200000 /* names looked at */
#define LIMIT_GLOB_MATCHES 4096

/* Packs (reference/registry-protocol.md 1.0 has the wire's own) */
#define LIMIT_PACK_ENTRIES        10000
#define LIMIT_PACK_GROUPS         1000
#define LIMIT_PACK_PROFILES       256
#define LIMIT_PERMISSIONS         5000        /* what all profiles of a pack ask, together */
#define LIMIT_PACK_ARCHIVE_BYTES  (64 * MIB)  /* compressed */
#define LIMIT_PACK_UNPACKED_BYTES (256 * MIB) /* sum of file sizes */
#define LIMIT_PACK_PATH_BYTES     512
#define LIMIT_PACK_DEPTH          32 /* segments of a path */
#define LIMIT_PACK_NAME_BYTES     64 /* namespace, and pack name */
#define LIMIT_VERSION_BYTES       128
#define LIMIT_MANIFEST_BYTES      (1 * MIB)
#define LIMIT_DESCRIPTION_CHARS   500 /* of a pack: one line */
#define LIMIT_KEYWORDS            50
#define LIMIT_KEYWORD_BYTES       64
#define LIMIT_BUNDLE_BYTES        (8 * MIB)
#define LIMIT_ARTIFACT_BYTES      (64 * MIB)
#define LIMIT_README_BYTES        (256 * KIB) /* that a registry shows */

/* Audit records */
#define LIMIT_AUDIT_LINE_BYTES    (256 * KIB) /* one event */
#define LIMIT_AUDIT_COMMAND_BYTES (32 * KIB)  /* of a command line, when it is recorded */
#define LIMIT_AUDIT_WORD_BYTES    (4 * KIB)   /* of one argument of it */
#define LIMIT_AUDIT_REFUSALS      10000       /* refused connections that are events */
#define LIMIT_AUDIT_RECORD_BYTES  (64 * MIB)  /* what comes behind that is lost, but the end */

/* Snapshots */
#define LIMIT_SNAPSHOT_ENTRIES      1000000 /* files, folders and links of one */
#define LIMIT_SNAPSHOT_DEPTH        256     /* nesting of folders */
#define LIMIT_SNAPSHOT_PATH_BYTES   (16 * KIB)
#define LIMIT_SNAPSHOT_FOLDER_BYTES (256 * MIB) /* the entries of one folder, as an object */
#define LIMIT_SNAPSHOT_LINK_BYTES   (64 * KIB)  /* a link's target */
#define LIMIT_SNAPSHOT_CACHE_BYTES  (512 * MIB) /* what is remembered of a folder's files */
#define LIMIT_SNAPSHOT_RECORD_BYTES (256 * KIB)
#define LIMIT_SNAPSHOT_NOTES        100

/* Keys and certificates */
#define LIMIT_KEY_BYTES (64 * KIB)
#define LIMIT_TLS_CHAIN 16 /* certificates that a server shows */
