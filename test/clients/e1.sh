#!/usr/bin/env bash
# E1, as the old shell tests use a controller: curl without -L, and grep on the JSON. The argument is a command that ends when
# the worker is done, instead of the sleeps of the old ones.
# E1_URL, E1_KEY; E1_TOKENS=1: the newer ones, which show the build's token after the submit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
give_up() { echo "gave up: $1" >&2; exit 1; }
# The one value of a field; more than one, or a space behind the colon, and the old tests read nonsense.
field() {
  local found
  found=$(grep -o "\"$1\":\"[^\"]*\"" <<<"$2") || give_up "no $1 in $2"
  [ "$(wc -l <<<"$found")" = 1 ] || give_up "more than one $1 in $2"
  cut -d '"' -f 4 <<<"$found"
}

pending=$(curl -s "$E1_URL/health" | grep -o '"pending":[0-9]*') || give_up 'no pending builds in /health'
[ "$(wc -l <<<"$pending")" = 1 ] || give_up 'more than one count of pending builds'

head -c 4096 /dev/urandom >"$folder/project.tar.gz"
code=$(curl -s -o "$folder/refused" -w '%{http_code}' -F platform=ios -F "source=@$folder/project.tar.gz" "$E1_URL/api/builds/submit")
[ "$code" = 401 ] || [ "$code" = 403 ] || give_up "a submit without a key answered $code"
submitted=$(curl -s -H "X-API-Key: $E1_KEY" -F "source=@$folder/project.tar.gz" -F platform=ios "$E1_URL/api/builds/submit")
id=$(field id "$submitted")
[ "$(field status "$submitted")" = pending ] || give_up "not pending: $submitted"
credential="X-API-Key: $E1_KEY"
[ "${E1_TOKENS:-}" = 1 ] && credential="X-Build-Token: $(field access_token "$submitted")"

bash -c "$1"
status=$(field status "$(curl -s -H "$credential" "$E1_URL/api/builds/$id/status")")
[ "$status" = completed ] || give_up "the build is $status"
curl -s -H "$credential" "$E1_URL/api/builds/$id/logs" | grep -q 'Build submitted' || give_up 'no first line in the log'
code=$(curl -s -H "$credential" -o "$folder/result" -w '%{http_code}' "$E1_URL/api/builds/$id/download")
[ "$code" = 200 ] || give_up "the download answered $code"
[ "$(wc -c <"$folder/result")" -ge 100 ] || give_up 'the result is too small'
echo "$id"
