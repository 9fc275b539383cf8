#!/usr/bin/env bash
# lib/toml against toml-test, TOML 1.0, valid and invalid documents. Prints the numbers; fails on one that differs.
set -euo pipefail
cd "$(dirname "$0")/../.."
export GOBIN=${GOBIN:-$PWD/build/go}
[ -x "$GOBIN/toml-test" ] || go install github.com/toml-lang/toml-test/v2/cmd/toml-test@v2.2.0
"$GOBIN/toml-test" test -toml 1.0 -decoder="${NONO_BUILD:-build/dev}/tests/toml-decoder"
