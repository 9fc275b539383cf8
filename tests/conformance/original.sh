#!/usr/bin/env bash
# The original's own client, as it is published, against our registry and over our packages folder. It is built once, into build/original.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=0.74.0 needs=1.95
program=build/original/bin/nono

older() { # older VERSION OTHER
  [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}

if ! [ -x "$program" ] || [ "$("$program" --version)" != "nono $version" ]; then
  rust=$(rustc --version 2>/dev/null | cut -d' ' -f2) || true
  if ! command -v cargo >/dev/null || older "${rust:-0}" "$needs"; then
    echo "no Rust $needs here: the original's client was not built, and nothing was tried with it"
    exit 0
  fi
  echo "building the original's client $version, which takes long"
  CARGO_TARGET_DIR=build/original/target cargo install --quiet --locked --no-default-features --root build/original --version "$version" nono-cli
  rm -rf build/original/target
fi
NONO_ORIGINAL=$PWD/$program build/venv/bin/python -m pytest -q -p no:cacheprovider -o pythonpath="tests/e2e ." tests/conformance/original.py "$@"
