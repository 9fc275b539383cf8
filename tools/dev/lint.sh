# shellcheck shell=bash
# The gates that read sources.

c_files() { git ls-files -co --exclude-standard '*.c' '*.h'; }

dev_format() {
  dev_setup
  c_files | xargs -r clang-format -i
}

# clang-tidy is slow: a file is looked at again only when it, a header or the rules have changed.
tidy_all() {
  local headers cache=build/tidy
  mkdir -p "$cache"
  headers=$({ git ls-files -co --exclude-standard '*.h' '*.def' '*.sql' | sort | xargs cat; cat .clang-tidy CMakeLists.txt; } | sha256sum | cut -c1-64)
  git ls-files -co --exclude-standard '*.c' | grep -v '^tests/fuzz/' |
    xargs -P "$(nproc)" -n 1 tools/dev/tidy_one "$cache" "$headers"
}

dev_lint() {
  dev_setup
  say "format"
  c_files | xargs clang-format --dry-run -Werror
  say "shell scripts and spelling"
  shellcheck dev tools/dev/*.sh tools/dev/tidy_one tests/valgrind/run tests/valgrind/memcheck .ci/run
  git ls-files -co --exclude-standard | grep -vE '\.(png|lock|svg)$|package-lock|^tests/|^schema/examples/' | xargs codespell --ignore-words tools/spelling.txt
  say "layers and sizes"
  build_preset dev
  ctest --preset dev -R '^lint' --output-on-failure
  say "clang-tidy"
  tidy_all
}
