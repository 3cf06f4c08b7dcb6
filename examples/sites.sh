# shellcheck shell=bash
# What examples have in common whose sites are visited over TLS from elsewhere. Read after private.sh.
# shellcheck source=examples/visits.sh
. examples/visits.sh

address=192.0.2.1 # of the edge: where visitors and the CA find every name

# ---- what it stands on ----

visitor_is_elsewhere() { [ "$(readlink "/proc/$visitor/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

# Another host, which reaches the edge by its address, and behind it what the edge's host routes: nothing, as the
# Engine itself has it where nobody routed before.
start_visitor() {
    start visitor unshare -n sleep infinity
    visitor=$!
    wait_until 10 "the visitor is elsewhere" visitor_is_elsewhere
    connect_visitor || fail "no way from the visitor to the edge"
    echo "$visitor" >"$dir/visitor.pid"
    # Not HTTP/2: nginx, reloaded, closes such connections before their first request. A browser asks again.
    visiting=(nsenter -t "$visitor" -n curl --http1.1 -s -m 20 --connect-to "::$address:" --cacert "$dir/root.pem")
}

connect_visitor() {
    ip link add visitors type veth peer name eth0 netns "$visitor" &&
        ip address add "$address/24" dev visitors && ip link set visitors up &&
        from_elsewhere ip link set lo up && from_elsewhere ip address add 192.0.2.2/24 dev eth0 &&
        from_elsewhere ip link set eth0 up && from_elsewhere ip route add default via "$address" &&
        iptables -P FORWARD DROP
}

# All that is needed for sites: who visits them, the edge, and who signs certificates that live so long.
start_edge() { # start_edge SECONDS
    start_visitor
    start_redis
    start_nginx
    start_beachhead 80 443
    start_ca 80 "$address" "$1"
    start_certs 80
    note "Redis, nginx, registrar, consumer (one for nginx, one for certificates), a CA of our own and a visitor run"
}

# ---- visits ----

from_elsewhere() { nsenter -t "$visitor" -n "$@"; }

visit() { "${visiting[@]}" "$@"; } # visit [CURL'S OPTION]... URL

serial() { # serial DOMAIN: of the certificate that is served
    from_elsewhere openssl s_client -connect "$address:443" -servername "$1" </dev/null 2>/dev/null |
        openssl x509 -noout -serial 2>/dev/null
}

# ---- what is shown ----

containers_of() { docker ps -q --filter "label=com.docker.compose.service=$1"; } # containers_of SERVICE

show_secure() { # show_secure DOMAIN SINCE
    wait_until 120 "https://$1/ is served" status_is 200 "https://$1/"
    note "https://$1/ answers 200, $(($(now_ms) - $2)) ms after the command"
    wait_until 60 "http://$1/ leads there" status_is 301 "http://$1/"
}

# Who listens where others than this host reach it.
show_listeners() {
    local listeners
    listeners=$(ss -Htulnp | awk '$5 !~ /^127\./ { split($7, name, "\""); print name[2] " at " $5 }' | sort -u)
    note "who listens to others than this host: ${listeners//$'\n'/, }"
    ! grep -v '^nginx at .*:\(80\|443\)$' <<<"$listeners" || fail "somebody else than the edge listens"
}
