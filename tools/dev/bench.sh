# shellcheck shell=bash
# The benchmarks: ratios against peers in one run, printed as the tables of docs/performance.md.

bench_startup() { build/venv/bin/python tests/bench/startup.py --bin build/release/bin "$@"; }
bench_registry() { build/venv/bin/python tests/bench/registry_bench.py --build build/release "$@"; }
bench_snapshot() { build/venv/bin/python tests/bench/snapshot.py "$@"; }

dev_bench() { # dev_bench [startup|registry|snapshot] [OPTIONS OF THAT BENCHMARK]
  dev_build release
  python_setup
  export NONO_BUILD=build/release
  case ${1:-all} in
    all)
      step "start-up" bench_startup
      step "registry" bench_registry
      step "snapshots" bench_snapshot
      ;;
    startup | registry | snapshot) "bench_$1" "${@:2}" ;;
    *)
      echo "dev: there is no benchmark \"$1\": startup, registry, snapshot" >&2
      return 2
      ;;
  esac
}
