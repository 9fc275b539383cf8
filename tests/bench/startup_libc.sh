#!/bin/sh
# What a C library does before main(): a static program that does nothing, linked with glibc and with musl, 300 rounds interleaved.
# Prints minimum, median and 95th percentile in microseconds of each.
set -eu
here=$(dirname "$(readlink -f "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'int main(void) { return 0; }' >"$work/nothing.c"
gcc -O2 -static -o "$work/glibc" "$work/nothing.c"
musl-gcc -O2 -static -o "$work/musl" "$work/nothing.c"
gcc -O2 -D_GNU_SOURCE -o "$work/rounds" "$here/startup_rounds.c"
printf '%s\n' "$work/glibc" "$work/musl" | "$work/rounds" 300 | paste - - | sed 's/^/glibc: /; s/\t/ /g' |
  awk '{ print "glibc", $2, $3, $4; print "musl ", $5, $6, $7 }'
