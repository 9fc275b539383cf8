# shellcheck shell=bash
# What a machine must have: Debian's packages, a Python environment, and the web's modules.

say() {
  if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
    printf '\033[1m== %s\033[0m\n' "$*"
  else
    printf '== %s\n' "$*"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo --preserve-env=DEBIAN_FRONTEND "$@"
  else
    echo "dev: this needs root, and there is no sudo: run as root: $*" >&2
    return 1
  fi
}

packages_missing() {
  local word
  sed 's/#.*//' deps/debian.txt | tr -s '[:space:]' '\n' | while read -r word; do
    case $word in
      '') ;;
      *'|'*) command -v "${word%%|*}" >/dev/null || echo "${word#*|}" ;;
      *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$word" 2>/dev/null)" = installed ] || echo "$word" ;;
    esac
  done
}

dev_setup() {
  local missing
  missing=$(packages_missing)
  [ -n "$missing" ] || return 0
  say "installing $(wc -w <<<"$missing") packages"
  export DEBIAN_FRONTEND=noninteractive
  as_root apt-get update -qq
  # shellcheck disable=SC2086
  as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# Runs a command when the files it depends on have changed since it last succeeded.
when_changed() { # when_changed STAMP FILES... -- COMMAND...
  local stamp=$1 sum files=()
  shift
  while [ "$1" != -- ]; do
    files+=("$1")
    shift
  done
  shift
  sum=$(sha256sum "${files[@]}" | sha256sum)
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$sum" ]; then return 0; fi
  "$@"
  mkdir -p "$(dirname "$stamp")"
  echo "$sum" >"$stamp"
}

python_install() {
  say "Python packages"
  /usr/bin/python3 -m venv --clear build/venv
  build/venv/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
}

python_setup() {
  when_changed build/venv/stamp tests/requirements.txt -- python_install
}

npm_install() { # npm_install FOLDER
  say "npm packages of $1"
  (cd "$1" && npm ci --no-audit --no-fund --loglevel=error)
}

npm_setup() { # npm_setup FOLDER
  when_changed "$1/node_modules/.stamp" "$1/package-lock.json" -- npm_install "$1"
}
