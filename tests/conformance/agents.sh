#!/usr/bin/env bash
# The agents themselves, as their makers publish them, under their built-in profiles. Installed once, into build/agents: a gigabyte.
set -euo pipefail
cd "$(dirname "$0")/../.."
agents=(@anthropic-ai/claude-code@2.1.197 @openai/codex@0.171.0 opencode-ai@1.18.33)
folder=build/agents

if ! [ "$(cat "$folder/installed" 2>/dev/null)" = "${agents[*]}" ]; then
  echo "installing the agents"
  mkdir -p "$folder"
  npm install --silent --no-save --no-package-lock --prefix "$folder" "${agents[@]}"
  (cd "$folder/node_modules/@anthropic-ai/claude-code" && node install.cjs)
  (cd "$folder/node_modules/opencode-ai" && node postinstall.mjs)
  echo "${agents[*]}" >"$folder/installed"
fi
build/venv/bin/python -m pytest -q -p no:cacheprovider -o pythonpath="tests/e2e tests/conformance ." tests/conformance/agents.py "$@"
