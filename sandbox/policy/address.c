#include "sandbox/policy/address.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/base/record.h"

struct range {
    uint8_t prefix[16];
    unsigned bits;
    enum address_class class;
};

/* The first range that holds the address decides. */
/* clang-format off */
static const struct range ipv4_ranges[] = {
    { { 169, 254, 169, 254 }, 32, ADDRESS_METADATA }, /* nearly every cloud */
    { { 169, 254, 170, 2 },   32, ADDRESS_METADATA }, /* container credentials */
    { { 169, 254, 170, 23 },  32, ADDRESS_METADATA },
    { { 169, 254, 0, 23 },    32, ADDRESS_METADATA },
    { { 168, 63, 129, 16 },   32, ADDRESS_METADATA },
    { { 100, 100, 100, 200 }, 32, ADDRESS_METADATA },
    { { 192, 0, 0, 192 },     32, ADDRESS_METADATA },
    { { 0 },                   8, ADDRESS_UNSPECIFIED },
    { { 10 },                  8, ADDRESS_PRIVATE },
    { { 100, 64 },            10, ADDRESS_SHARED },
    { { 127 },                 8, ADDRESS_LOOPBACK },
    { { 169, 254 },           16, ADDRESS_LINK_LOCAL },
    { { 172, 16 },            12, ADDRESS_PRIVATE },
    { { 192, 0, 0 },          24, ADDRESS_RESERVED },
    { { 192, 0, 2 },          24, ADDRESS_RESERVED },
    { { 192, 88, 99 },        24, ADDRESS_TRANSITION },
    { { 192, 168 },           16, ADDRESS_PRIVATE },
    { { 198, 18 },            15, ADDRESS_RESERVED },
    { { 198, 51, 100 },       24, ADDRESS_RESERVED },
    { { 203, 0, 113 },        24, ADDRESS_RESERVED },
    { { 224 },                 4, ADDRESS_MULTICAST },
    { { 240 },                 4, ADDRESS_RESERVED },
};

static const struct range ipv6_ranges[] = {
    { { 0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54 },    128, ADDRESS_METADATA },
    { { 0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x23 },    128, ADDRESS_METADATA },
    { { 0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54 },    128, ADDRESS_METADATA },
    { { 0 },                                                             128, ADDRESS_UNSPECIFIED },
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 },                128, ADDRESS_LOOPBACK },
    { { 0xfc },                     7, ADDRESS_PRIVATE },
    { { 0xfe, 0x80 },              10, ADDRESS_LINK_LOCAL },
    { { 0xfe, 0xc0 },              10, ADDRESS_PRIVATE }, /* site-local, deprecated */
    { { 0xff },                     8, ADDRESS_MULTICAST },
    { { 0x20, 1, 0, 0 },           32, ADDRESS_TRANSITION }, /* Teredo */
    { { 0x20, 1, 0 },              23, ADDRESS_RESERVED },
    { { 0x20, 1, 0x0d, 0xb8 },     32, ADDRESS_RESERVED }, /* documentation */
    { { 0x3f, 0xff, 0 },           20, ADDRESS_RESERVED },
    { { 0x20 },                     3, ADDRESS_PUBLIC }, /* 2000::/3, all that is assigned */
};

/* Where an IPv4 address stands in an IPv6 one. */
static const struct embedding {
    uint8_t prefix[12];
    unsigned bits, offset;
    bool transparent; /* judged as the IPv4 address alone */
} embeddings[] = {
    { { 0, 0x64, 0xff, 0x9b },                          96, 12, true },  /* NAT64, RFC 6052 */
    { { 0, 0x64, 0xff, 0x9b, 0, 1 },                    48, 12, false }, /* NAT64, RFC 8215 */
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff },     96, 12, false }, /* v4-mapped */
    { { 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff },           96, 12, false }, /* v4-translated */
    { { 0 },                                            96, 12, false }, /* v4-compatible */
    { { 0x20, 2 },                                      16,  2, false }, /* 6to4 */
};

static const char *const metadata_names[] = {
    "metadata", "metadata.google.internal", "metadata.goog", "metadata.azure.internal", "metadata.azure.com",
    "instance-data", "instance-data.ec2.internal", "metadata.tencentyun.com", "metadata.packet.net",
    "metadata.platformequinix.com", "metadata.oraclecloud.com",
};

static const char *const class_texts[] = {
    [ADDRESS_PUBLIC] = "a public address",           [ADDRESS_METADATA] = "a cloud metadata address",
    [ADDRESS_LINK_LOCAL] = "a link-local address",   [ADDRESS_LOOPBACK] = "a loopback address",
    [ADDRESS_PRIVATE] = "a private address",         [ADDRESS_SHARED] = "a carrier-grade NAT address",
    [ADDRESS_MULTICAST] = "a multicast address",     [ADDRESS_UNSPECIFIED] = "an unspecified address",
    [ADDRESS_TRANSITION] = "an IPv6 transition address", [ADDRESS_RESERVED] = "a reserved address",
};
/* clang-format on */

static bool has_prefix(const uint8_t *address, const uint8_t *prefix, unsigned bits)
{
    if (memcmp(address, prefix, bits / 8) != 0)
        return false;
    unsigned rest = bits % 8;
    return rest == 0 || ((address[bits / 8] ^ prefix[bits / 8]) >> (8 - rest)) == 0;
}

static enum address_class range_find(const struct range *ranges, size_t count,
                                     const uint8_t *address, enum address_class otherwise)
{
    for (size_t i = 0; i < count; i++) {
        if (has_prefix(address, ranges[i].prefix, ranges[i].bits))
            return ranges[i].class;
    }
    return otherwise;
}

static enum address_class classify_ipv4(const uint8_t *address)
{
    return range_find(ipv4_ranges, COUNT(ipv4_ranges), address, ADDRESS_PUBLIC);
}

static enum address_class classify_embedded(const struct embedding *embedding,
                                            const uint8_t *address)
{
    enum address_class inner = classify_ipv4(address + embedding->offset);
    return inner == ADDRESS_METADATA || embedding->transparent ? inner : ADDRESS_TRANSITION;
}

static enum address_class classify_ipv6(const uint8_t *address)
{
    for (size_t i = 0; i < 5; i++) { /* exact ones first: :: and ::1 look v4-compatible */
        if (has_prefix(address, ipv6_ranges[i].prefix, ipv6_ranges[i].bits))
            return ipv6_ranges[i].class;
    }
    for (size_t i = 0; i < COUNT(embeddings); i++) {
        if (has_prefix(address, embeddings[i].prefix, embeddings[i].bits))
            return classify_embedded(&embeddings[i], address);
    }
    return range_find(ipv6_ranges, COUNT(ipv6_ranges), address, ADDRESS_RESERVED);
}

enum address_class address_classify(const struct host *host)
{
    return host->kind == HOST_IPV6 ? classify_ipv6(host->ipv6.s6_addr)
                                   : classify_ipv4((const uint8_t *)&host->ipv4);
}

bool address_inner(const struct host *host, struct host *out)
{
    const uint8_t *address = host->ipv6.s6_addr;
    for (size_t i = 0; i < COUNT(embeddings) && host->kind == HOST_IPV6; i++) {
        struct in_addr inner;
        if (!has_prefix(address, embeddings[i].prefix, embeddings[i].bits))
            continue;
        memcpy(&inner, address + embeddings[i].offset, sizeof(inner));
        host_of_ipv4(&inner, out);
        return true;
    }
    return false;
}

const char *address_class_text(enum address_class class)
{
    return class_texts[class];
}

bool host_is_metadata_name(const struct host *host)
{
    for (size_t i = 0; i < COUNT(metadata_names); i++) {
        if (strcmp(host->text, metadata_names[i]) == 0)
            return true;
    }
    return false;
}
