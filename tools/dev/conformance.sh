# shellcheck shell=bash
# Judges that are Go programs: they come from the Go module proxy, into build/go.

dev_conformance() {
  dev_setup
  if ! command -v go >/dev/null; then
    echo "no Go here: toml-test and cosign were not run"
    return 0
  fi
  build_preset dev
  export GOBIN=$PWD/build/go GOFLAGS=-mod=mod
  local script
  for script in tests/conformance/*.sh; do
    step "$(basename "$script" .sh)" "$script"
  done
}
