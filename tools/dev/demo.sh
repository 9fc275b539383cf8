# shellcheck shell=bash
# The main job, end to end, in a home and a data folder of its own that go when it ends.

demo_folder=
demo_pids=()

demo_clean() {
  local pid
  for pid in "${demo_pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${demo_pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  [ -z "$demo_folder" ] || rm -rf "$demo_folder"
}

demo_show() { # demo_show COMMAND...: prints it as a person would type it, and runs it
  printf '\n$ %s\n' "$*"
  "$@"
}

demo_registry() {
  export NONO_REGISTRY_DATA_DIR=$demo_folder/registry NONO_REGISTRY_WEB_DIR=$PWD/web/dist
  export NONO_REGISTRY_LISTEN=${NONO_DEMO_LISTEN:-127.0.0.1:8080}
  demo_url=http://$NONO_REGISTRY_LISTEN
  printf '\n$ nono-registry serve\n'
  nono-registry serve >"$demo_folder/registry.out" 2>"$demo_folder/registry.log" &
  demo_pids+=($!)
  local server=$!
  until grep -q '"event":"registry.ready"' "$demo_folder/registry.log"; do # not another one that answers there
    if ! kill -0 "$server" 2>/dev/null; then
      tail -3 "$demo_folder/registry.log" >&2
      echo "demo: the registry did not start; if something else is at $NONO_REGISTRY_LISTEN: NONO_DEMO_LISTEN=127.0.0.1:8090 ./dev demo" >&2
      return 1
    fi
    sleep 0.1
  done
  echo "listens on $demo_url"
}

# Approves the device login as the user would in the browser: signs in, and says yes to the code.
demo_approve() { # demo_approve CODE PASSWORD
  local jar=$demo_folder/cookies csrf
  csrf=$(jq -n --arg p "$2" '{login: "dana", password: $p}' |
    curl -sf -c "$jar" -H 'Content-Type: application/json' --data @- "$demo_url/api/v1/auth/login" | jq -r .csrf)
  curl -sf -b "$jar" -H "X-Nono-CSRF: $csrf" -H 'Content-Type: application/json' \
    --data '{"decision":"approve"}' -o /dev/null "$demo_url/api/v1/auth/device/$1"
  rm -f "$jar"
}

demo_login() { # demo_login PASSWORD
  printf '\n$ nono auth login %s\n' "$demo_url"
  nono auth login --no-browser "$demo_url" >"$demo_folder/login.out" 2>&1 &
  local login=$! code=
  until code=$(grep -oE '\b[A-Z0-9]{4}-[A-Z0-9]{4}\b' "$demo_folder/login.out" | head -n 1) && [ -n "$code" ]; do
    kill -0 "$login" 2>/dev/null || break
    sleep 0.1
  done
  demo_approve "$code" "$1"
  wait "$login" || {
    cat "$demo_folder/login.out" >&2
    return 1
  }
  cat "$demo_folder/login.out"
}

demo_home() {
  export HOME=$demo_folder/home
  unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME XDG_CACHE_HOME
  unset DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR # the desktop keyring stays as it is
  mkdir -p "$HOME/.ssh" "$HOME/project"
  echo "not a real key" >"$HOME/.ssh/id_ed25519"
  echo "TOKEN=not-a-real-token" >"$HOME/project/.env"
  cp examples/demo/agent.sh "$HOME/project/agent.sh"
}

demo_path() {
  local password
  password=$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
  demo_registry
  printf '\n$ nono-registry admin user create dana\n'
  nono-registry admin user create dana --password-stdin <<<"$password"
  demo_show nono-registry admin organisation create always-further --owner dana
  demo_login "$password"
  demo_show nono key generate release
  demo_show nono key register release --org always-further
  demo_show nono publish examples/packs/secure-coding --namespace always-further --key release
  demo_show nono pull --yes always-further/secure-coding
  printf '\n$ cd ~/project && nono run --allow-cwd --profile always-further/secure-coding -- ./agent.sh\n'
  (cd "$HOME/project" && nono run -s --allow-cwd --profile always-further/secure-coding -- ./agent.sh)
  demo_show nono audit list
  demo_show nono audit verify --all
}

dev_demo() {
  case ${1:-} in
    '' | --once) ;;
    *)
      echo "usage: ./dev demo [--once]" >&2
      return 2
      ;;
  esac
  dev_build release
  dev_web
  PATH=$PWD/build/release/bin:$PATH
  demo_folder=$(mktemp -d "${TMPDIR:-/tmp}/nono-demo.XXXXXX")
  chmod 755 "$demo_folder"
  trap demo_clean EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  demo_home
  demo_path
  say "all of it worked"
  if [ "${1:-}" != --once ]; then
    echo "The registry's pages are at $demo_url until Ctrl-C."
    wait "${demo_pids[0]}"
  fi
}
