#!/usr/bin/env bash
# A keyed bundle of ours, of either kind of key, against cosign: the archive and a file of it verify, other bytes do not.
set -euo pipefail
cd "$(dirname "$0")/../.."
export GOBIN=${GOBIN:-$PWD/build/go}
[ -x "$GOBIN/cosign" ] || go install github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3

nono=$PWD/${NONO_BUILD:-build/dev}/bin/nono
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work
unset XDG_CONFIG_HOME DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR

verify() { # verify KEY BUNDLE FILE
  "$GOBIN/cosign" verify-blob-attestation --key "$1" --bundle "$2" --type https://nono.sh/attestation/pack/v1 \
    --insecure-ignore-tlog "$3" >"$work/log" 2>&1
}

pack=examples/packs/secure-coding
"$nono" pack build -o "$work/pack.tar.zst" "$pack" >/dev/null 2>&1
for type in ecdsa-p256 ed25519; do
  "$nono" key generate --type "$type" "$type" >/dev/null 2>&1
  "$nono" key show "$type" >"$work/$type.pub" 2>/dev/null
  "$nono" pack sign --namespace acme --key "$type" -o "$work/$type.json" "$work/pack.tar.zst" >/dev/null
  for file in "$work/pack.tar.zst" "$pack/profile.toml"; do
    verify "$work/$type.pub" "$work/$type.json" "$file" || { cat "$work/log"; exit 1; }
  done
  if verify "$work/$type.pub" "$work/$type.json" README.md; then
    echo "cosign accepts a file that was not signed"
    exit 1
  fi
  echo "cosign $("$GOBIN/cosign" version 2>/dev/null | sed -n 's/^GitVersion: *//p') verifies our $type bundle"
done
