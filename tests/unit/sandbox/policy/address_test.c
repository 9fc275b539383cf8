#include "tests/support/test.h"

#include <string.h>

#include "lib/base/record.h"
#include "sandbox/policy/address.h"

/* Edges of every range, from the registries of special-purpose addresses. */
static const struct {
    const char *text;
    enum address_class class;
} cases[] = {
    { "1.1.1.1", ADDRESS_PUBLIC },
    { "0.0.0.0", ADDRESS_UNSPECIFIED },
    { "0.255.255.255", ADDRESS_UNSPECIFIED },
    { "1.0.0.0", ADDRESS_PUBLIC },
    { "9.255.255.255", ADDRESS_PUBLIC },
    { "10.0.0.0", ADDRESS_PRIVATE },
    { "10.255.255.255", ADDRESS_PRIVATE },
    { "11.0.0.0", ADDRESS_PUBLIC },
    { "100.63.255.255", ADDRESS_PUBLIC },
    { "100.64.0.0", ADDRESS_SHARED },
    { "100.100.100.200", ADDRESS_METADATA },
    { "100.127.255.255", ADDRESS_SHARED },
    { "100.128.0.0", ADDRESS_PUBLIC },
    { "127.0.0.1", ADDRESS_LOOPBACK },
    { "127.255.255.254", ADDRESS_LOOPBACK },
    { "168.63.129.16", ADDRESS_METADATA },
    { "168.63.129.17", ADDRESS_PUBLIC },
    { "169.253.255.255", ADDRESS_PUBLIC },
    { "169.254.0.1", ADDRESS_LINK_LOCAL },
    { "169.254.169.254", ADDRESS_METADATA },
    { "169.254.170.2", ADDRESS_METADATA },
    { "169.254.170.23", ADDRESS_METADATA },
    { "169.254.169.253", ADDRESS_LINK_LOCAL },
    { "169.255.0.0", ADDRESS_PUBLIC },
    { "172.15.255.255", ADDRESS_PUBLIC },
    { "172.16.0.0", ADDRESS_PRIVATE },
    { "172.31.255.255", ADDRESS_PRIVATE },
    { "172.32.0.0", ADDRESS_PUBLIC },
    { "192.0.0.192", ADDRESS_METADATA },
    { "192.0.0.8", ADDRESS_RESERVED },
    { "192.0.2.1", ADDRESS_RESERVED },
    { "192.88.99.1", ADDRESS_TRANSITION },
    { "192.168.0.1", ADDRESS_PRIVATE },
    { "192.169.0.0", ADDRESS_PUBLIC },
    { "198.18.0.1", ADDRESS_RESERVED },
    { "198.19.255.255", ADDRESS_RESERVED },
    { "198.20.0.0", ADDRESS_PUBLIC },
    { "198.51.100.7", ADDRESS_RESERVED },
    { "203.0.113.7", ADDRESS_RESERVED },
    { "223.255.255.255", ADDRESS_PUBLIC },
    { "224.0.0.1", ADDRESS_MULTICAST },
    { "239.255.255.255", ADDRESS_MULTICAST },
    { "240.0.0.1", ADDRESS_RESERVED },
    { "255.255.255.255", ADDRESS_RESERVED },
    { "::", ADDRESS_UNSPECIFIED },
    { "::1", ADDRESS_LOOPBACK },
    { "::2", ADDRESS_TRANSITION },
    { "::127.0.0.1", ADDRESS_TRANSITION },
    { "::169.254.169.254", ADDRESS_METADATA },
    { "::ffff:1.1.1.1", ADDRESS_TRANSITION },
    { "::ffff:127.0.0.1", ADDRESS_TRANSITION },
    { "::ffff:169.254.169.254", ADDRESS_METADATA },
    { "::ffff:0:a9fe:a9fe", ADDRESS_METADATA },
    { "64:ff9b::101:101", ADDRESS_PUBLIC },
    { "64:ff9b::7f00:1", ADDRESS_LOOPBACK },
    { "64:ff9b::a00:1", ADDRESS_PRIVATE },
    { "64:ff9b::a9fe:a9fe", ADDRESS_METADATA },
    { "64:ff9b:1::101:101", ADDRESS_TRANSITION },
    { "64:ff9b:1::a9fe:a9fe", ADDRESS_METADATA },
    { "64:ff9b:2::1", ADDRESS_RESERVED },
    { "100::1", ADDRESS_RESERVED },
    { "2001::1", ADDRESS_TRANSITION },
    { "2001:20::1", ADDRESS_RESERVED },
    { "2001:db8::1", ADDRESS_RESERVED },
    { "2001:4860:4860::8888", ADDRESS_PUBLIC },
    { "2002:101:101::", ADDRESS_TRANSITION },
    { "2002:a9fe:a9fe::1", ADDRESS_METADATA },
    { "2606:4700::1111", ADDRESS_PUBLIC },
    { "3fff::1", ADDRESS_RESERVED },
    { "4000::1", ADDRESS_RESERVED },
    { "fc00::1", ADDRESS_PRIVATE },
    { "fd00:ec2::254", ADDRESS_METADATA },
    { "fd00:ec2::23", ADDRESS_METADATA },
    { "fd20:ce::254", ADDRESS_METADATA },
    { "fd00:ec2::255", ADDRESS_PRIVATE },
    { "fdff::1", ADDRESS_PRIVATE },
    { "fe80::1", ADDRESS_LINK_LOCAL },
    { "febf::1", ADDRESS_LINK_LOCAL },
    { "fec0::1", ADDRESS_PRIVATE },
    { "ff02::1", ADDRESS_MULTICAST },
};

static void every_range_is_told_apart_at_its_edges(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct host host;
        assert_ok(host_parse(cases[i].text, strlen(cases[i].text), &host, &err));
        if (address_classify(&host) != cases[i].class)
            fail_msg("%s is %s", cases[i].text, address_class_text(address_classify(&host)));
    }
}

static void metadata_names_are_known_and_their_neighbours_are_not(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool metadata;
    } names[] = {
        { "metadata.google.internal", true },
        { "METADATA.google.internal.", true },
        { "metadata.azure.internal", true },
        { "instance-data", true },
        { "metadata", true },
        { "metadata.example.org", false },
        { "x.metadata.google.internal.example", false },
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct host host;
        assert_ok(host_parse(names[i].text, strlen(names[i].text), &host, &err));
        assert_int_equal(host_is_metadata_name(&host), names[i].metadata);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_range_is_told_apart_at_its_edges),
        cmocka_unit_test(metadata_names_are_known_and_their_neighbours_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
