# shellcheck shell=bash
# The suites. `./dev test` is all of them; each ends in its runner's own closing line.

step() { # step TITLE COMMAND...: says how long it took
  local title=$1 began=$SECONDS
  shift
  say "$title"
  "$@"
  echo "-- $title: $((SECONDS - began)) s"
}

preset_test() { # preset_test PRESET [CTEST OPTIONS]
  build_preset "$1"
  ctest --preset "$@"
}

dev_unit() {
  dev_setup
  build_preset dev
  ctest --preset dev ${1:+-R "$1"}
}

dev_e2e() {
  dev_setup
  dev_web
  python_setup
  npm_setup tests/conformance/sigstore-js
  build_preset dev
  NONO_BUILD=${NONO_BUILD:-build/dev} build/venv/bin/python -m pytest -q -p no:cacheprovider "${@:-tests}"
}

fuzz_all() { # fuzz_all SECONDS
  cmake --preset fuzz -DNONO_FUZZ_SECONDS="$1" >/dev/null
  build_preset fuzz
  ctest --preset fuzz
}

dev_fuzz() {
  dev_setup
  fuzz_all "${1:-60}"
}

coverage_report() {
  local excludes=(-e build -e tests)
  gcovr --root . --object-directory build/coverage "${excludes[@]}" --print-summary --txt build/coverage/coverage.txt \
    --json-summary build/coverage/coverage.json >/dev/null
  /usr/bin/python3 tools/check_coverage.py build/coverage/coverage.json
}

dev_coverage() {
  dev_setup
  build_preset coverage
  find build/coverage -name '*.gcda' -delete
  ctest --preset coverage -E '^lint'
  coverage_report
}

dev_valgrind() {
  dev_setup
  python_setup
  build_preset valgrind
  tests/valgrind/run "$@"
}

# What people install is the release: with LTO, the launcher static, without sanitizers.
release_test() {
  build_preset release
  NONO_BUILD=build/release build/venv/bin/python -m pytest -q -p no:cacheprovider tests/e2e/test_install.py
}

# The launcher that is installed has another C library than the tests' builds: all that it does, once more with that.
shipped_test() {
  build_preset shipped
  NONO_BUILD=build/shipped build/venv/bin/python -m pytest -q -p no:cacheprovider tests/e2e
}

dev_test() {
  dev_setup
  step "web pages" dev_web
  step "unit tests, gcc, ASan and UBSan" preset_test dev
  step "integration, end to end and browser tests" dev_e2e
  step "the release, installed" release_test
  step "end to end tests of the launcher as it is shipped" shipped_test
  step "gates" dev_lint
  step "unit tests, clang, ASan and UBSan" preset_test clang
  step "registry and proxy under TSan" preset_test tsan -R '^unit\.(registry|sandbox\.proxy|lib\.base)'
  step "client under valgrind, quick" dev_valgrind --quick
  step "coverage" dev_coverage
  step "fuzz targets, 5 s each" fuzz_all 5
  say "all of ./dev test passed in $((SECONDS / 60)) min"
}
