# shellcheck shell=bash
# Building: presets of CMakePresets.json, and the web pages.

build_preset() {
  mkdir -p build
  [ -f "build/$1/build.ninja" ] || cmake --preset "$1" >"build/$1.configure.log" || { tail -20 "build/$1.configure.log" >&2; return 1; }
  cmake --build --preset "$1" >"build/$1/build.log" 2>&1 || {
    grep -E 'error|warning|FAILED|undefined' "build/$1/build.log" | head -60 >&2
    echo "dev: the $1 build failed; all of it is in build/$1/build.log" >&2
    return 1
  }
}

dev_build() {
  dev_setup
  say "build ${1:-dev}"
  build_preset "${1:-dev}"
}

web_build() {
  say "web pages"
  npm_setup web
  (cd web && npm run --silent build)
}

dev_web() {
  dev_setup
  [ -f web/package-lock.json ] || return 0
  local sources
  mapfile -t sources < <(git ls-files -co --exclude-standard web | while read -r file; do [ -f "$file" ] && echo "$file"; done)
  when_changed web/dist/.stamp "${sources[@]}" -- web_build
}
