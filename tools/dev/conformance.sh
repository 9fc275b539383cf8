# shellcheck shell=bash
# Judges that others wrote: the Go ones come from the Go module proxy into build/go, the original's client from its crate into build/original,
# agents from their packages into build/agents.

judge() { # judge NAME
  case $1 in
    toml | cosign)
      if ! command -v go >/dev/null; then
        echo "no Go here: $1 was not run"
        return 0
      fi
      ;;
    original | agents) python_setup ;;
    *)
      echo "dev: there is no judge \"$1\": toml, cosign, original, agents" >&2
      return 2
      ;;
  esac
  step "$1" "tests/conformance/$1.sh"
}

dev_conformance() { # dev_conformance [NAME...]
  dev_setup
  build_preset dev
  export GOBIN=$PWD/build/go GOFLAGS=-mod=mod
  [ $# -gt 0 ] || set -- toml cosign
  local name
  for name in "$@"; do judge "$name"; done
}
