# shellcheck shell=bash
# What examples ask as visitors do, once or all the time. Who reads this defines visit [CURL'S OPTION]... URL.
# shellcheck disable=SC2154 # $dir is private.sh's

# 000 where no connection comes about that can be trusted.
status() { visit -o /dev/null -w '%{http_code}' "$@"; }
status_is() { [ "$(status "${@:2}")" = "$1" ]; } # status_is STATUS [CURL'S OPTION]... URL

# Requests to these URLs, one after the other, again and again until end_requests.
begin_requests() { # begin_requests URL...
    rm -f "$dir/enough" "$dir/loop"
    request_loop "$@" >"$dir/loop" &
    loop=$!
    wait_until 60 "requests are on their way" test -s "$dir/loop"
}

request_loop() {
    local url
    while [ ! -e "$dir/enough" ] && kill -0 $$; do
        for url in "$@"; do
            echo "$(visit -o /dev/null -w '%{http_code} %{errormsg}' "$url") $url"
            sleep 0.02
        done
    done
}

show_requests() {
    local failed
    failed=$(grep -vc '^200 ' "$dir/loop")
    note "requests meanwhile: $(wc -l <"$dir/loop"), failed: $failed"
    [ "$failed" = 0 ] || fail "requests failed: $(grep -v '^200 ' "$dir/loop" | sort | uniq -c)"
}

end_requests() {
    touch "$dir/enough"
    wait "$loop"
    show_requests
}
