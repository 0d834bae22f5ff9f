#!/bin/sh
# Stream a reply from layer L3 and show what gave it: the headers come first. Needs: curl
set -eu
curl --no-buffer --silent --show-error --fail-with-body --dump-header - \
  "$AURA_BASE_URL/chat/completions" \
  --header "Authorization: Bearer $AURA_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{"model": "aura/l3", "stream": true,
           "messages": [{"role": "user", "content": "Hello! Who are you?"}]}'
