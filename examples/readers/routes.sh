#!/bin/bash
# Keeps FILE up to date: a line "DOMAIN HOST:PORT" for each endpoint of each domain that is served over HTTP.
# usage: routes.sh FILE [OPTION OF redis-cli]...
set -uo pipefail
file=$1
redis=(redis-cli -e "${@:2}")

routes() {
    local keys
    keys=$("${redis[@]}" --scan --pattern '/beachhead/*') || return
    [ -z "$keys" ] || xargs -d '\n' "${redis[@]}" MGET <<<"$keys" |
        jq -r '.[] | select(.http) | "\(.domain) \(.http.host):\(.http.port)"' | sort -u
}

while :; do
    exec 3< <(timeout 10 "${redis[@]}" SUBSCRIBE /beachhead-changes) # listen first, then look: no gap
    read -r -u 3 || sleep 1
    if routes >"$file.new"; then
        cmp -s "$file.new" "$file" || mv "$file.new" "$file"
    else
        echo "Redis cannot be read; $file stays as it is" >&2
    fi
    head -n 3 <&3 >/dev/null # until a change is published, or for ten seconds: leases end in silence
done
