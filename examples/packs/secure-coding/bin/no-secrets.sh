#!/bin/sh
# Warns of files in the working folder that look like secrets, before an agent may read them. Changes nothing and sends
# nothing; always succeeds, for a warning is no reason to keep anybody from working.
set -u

found=$(find . -maxdepth 3 \( -name node_modules -o -name .git \) -prune -o -type f \
  \( -name '*.pem' -o -name '*.key' -o -name '*.p12' -o -name 'id_rsa' -o -name 'id_ed25519' -o -name '.env.*' \
  -o -name '.npmrc' -o -name '.pypirc' -o -name 'credentials.json' \) -print 2>/dev/null | head -n 20)

if [ -n "$found" ]; then
  echo "secure-coding: these files look like secrets, and the agent will be able to read them:" >&2
  printf '%s\n' "$found" | sed 's/^/  /' >&2
  echo "secure-coding: move them out of the working folder, or deny them in a profile of your own" >&2
fi
exit 0
