# shellcheck shell=bash
# What examples have in common that show Beachhead at work. Everything is private and goes at the end; KEEP=1 stays for
# your own commands. A private Docker Engine needs network and mount namespaces, and root for these, so that bridge,
# addresses and firewall rules vanish with it.
#
# A `run` reads this first of all, defines set_up, show_all and to_try (and any_engine_will_do with remove_containers,
# where it makes do with an Engine that runs and has containers of others), and ends with run_example. It goes in
# stages, each of which starts the next ($EXAMPLE_STAGE): prepare; watch, which hears Ctrl-C; show.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
example=$(basename "$PWD") self=$PWD/run
cd ../.. || exit 1
PATH=$PATH:/usr/sbin:/sbin

pids=() # of the daemons, in the order of their start
made=() # directories outside ours
loop=   # of the requests, while it runs
also_built=() # what make has to make beside the programs

say() { printf '%s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

timed() { # timed COMMAND...: with how long it took; it ends with us, even if it takes long
    local before
    before=$(now_ms)
    "$@" <&0 >"$dir/docker.log" 2>&1 &
    wait $! || fail "$*"
    note "\$ $*   ($(($(now_ms) - before)) ms)"
}

fail() {
    printf '\nThe example failed: %s\n' "$*" >&2
    local log
    for log in "$dir"/*.log; do
        [ -s "$log" ] && printf -- '--- the end of %s\n' "${log##*/}" >&2 && tail -5 "$log" >&2
    done
    exit 1
}

# wait_until SECONDS WHAT COMMAND...: asks until the command succeeds
wait_until() {
    local deadline=$(($(now_ms) + $1 * 1000)) what=$2
    shift 2
    until "$@"; do
        [ "$(now_ms)" -lt "$deadline" ] || fail "not within its time: $what"
        sleep 0.01
    done
}

# ---- what it stands on ----

engine_answers() { timeout 5 docker version --format '{{.Server.Version}}' >"$dir/engine-version" 2>/dev/null; }

any_engine_will_do() { false; }

# Goes on in namespaces of its own, as root.
enter_namespaces() {
    local become=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "to start a private Docker Engine needs root: run it as root"
        say "sudo is needed to start a private Docker Engine."
        become=(sudo)
    fi
    rm -rf "$dir"
    exec "${become[@]}" env KEEP="${KEEP:-}" CONFD="${CONFD:-}" COMPILE="${COMPILE:-}" TMPDIR="${TMPDIR:-/tmp}" \
        EXAMPLE_INSIDE=yes EXAMPLE_STAGE=watch unshare -n -m --propagation private "$self"
}

# Starts a daemon that ends with the example, however that ends.
start() { # start NAME COMMAND...
    local name=$1
    shift
    setpriv --pdeathsig TERM "$@" >"$dir/$name.log" 2>&1 </dev/null &
    pids+=($!)
}

# hide DIRECTORY: what is written there is ours alone
hide() {
    if [ ! -d "$1" ]; then
        mkdir "$1" && made=("$1" "${made[@]}")
    fi
    mount -t tmpfs tmpfs "$1"
}

# Its sockets are in /run: their names must be short.
start_engine() {
    local before
    before=$(now_ms)
    say "Starting a private Docker Engine ..."
    if ! { ip link set lo up && hide /run && hide /etc/docker && hide /opt/containerd; }; then
        fail "no private place for the Engine"
    fi
    export DOCKER_HOST=unix://$dir/docker.sock DOCKER_CONFIG=$dir/docker
    start dockerd dockerd --data-root "$dir/engine" --exec-root /run/docker --pidfile "$dir/dockerd.pid" \
        --host "$DOCKER_HOST" --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/${dir##*/}"
    wait_until 60 "the Engine answers" engine_answers
    note "Docker Engine $(cat "$dir/engine-version"), up after $(($(now_ms) - before)) ms"
}

import_image() { # import_image NAME CHANGE...: of what lies in $dir/image, with lines as in a Dockerfile
    local name=$1 changes=() change
    shift
    for change in "$@"; do changes+=(--change "$change"); done
    tar -C "$dir/image" -c . | docker import "${changes[@]}" - "$name" >"$dir/docker.log" 2>&1 ||
        fail "the image $name could not be made"
    rm -r "$dir/image"
}

put_programs() { # put_programs PROGRAM...: into /usr/sbin of the next image, with the libraries that they need
    mkdir -p "$dir/image/tmp" "$dir/image/usr/sbin"
    cp "$@" "$dir/image/usr/sbin/"
    # shellcheck disable=SC2046 # a list of files
    cp --parents --dereference $(ldd "$@" 2>/dev/null | grep -oE '/[^ ]+[^ :]' | grep -F .so | sort -u) "$dir/image"
}

# As Docker Hub's, of Debian's package: no registry is asked.
make_busybox_image() {
    mkdir -p "$dir/image/bin" "$dir/image/tmp"
    cp /bin/busybox "$dir/image/bin/"
    chroot "$dir/image" /bin/busybox --install -s /bin
    import_image busybox 'CMD ["sh"]'
}

start_redis() {
    start redis redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --appendonly no --dir "$dir"
    wait_until 60 "Redis answers" redis ping
}

redis() { redis-cli -s "$dir/redis.sock" "$@" >"$dir/redis-answer" 2>/dev/null; }

start_nginx() {
    local user='' temp
    [ "$(id -u)" != 0 ] || user='user root;'
    mkdir "$dir/nginx" "$dir/sites" "$dir/certs" "$dir/vhost.d" "$dir/htpasswd"
    {
        echo "$user daemon off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/nginx-error.log;"
        echo "events { worker_connections 512; }"
        echo "http {"
        echo "    access_log off;"
        for temp in client_body proxy fastcgi uwsgi scgi; do echo "    ${temp}_temp_path $dir/nginx/$temp;"; done
        echo "    include $dir/sites/*.conf;"
        echo "}"
    } >"$dir/nginx.conf"
    start nginx nginx -e "$dir/nginx-error.log" -c "$dir/nginx.conf"
    wait_until 60 "nginx runs" test -s "$dir/nginx.pid"
}

start_beachhead() { # start_beachhead HTTP-PORT HTTPS-PORT
    cat >"$dir/registrar.conf" <<END
redis-url = unix://$dir/redis.sock
docker-url = ${DOCKER_HOST:-unix:///var/run/docker.sock}
machine-id = $example
END
    cat >"$dir/consumer.conf" <<END
redis-url = unix://$dir/redis.sock
state-dir = $dir/state
nginx-main = $dir/nginx.conf
nginx-conf = $dir/sites/beachhead.conf
nginx-check = nginx -t -q -e $dir/nginx-error.log -c {main}
cert-dir = $dir/certs
vhost-dir = $dir/vhost.d
htpasswd-dir = $dir/htpasswd
http-port = $1
https-port = $2
END
    start registrar build/beachhead-registrar --config="$dir/registrar.conf"
    start consumer build/beachhead-consumer --config="$dir/consumer.conf"
    wait_until 60 "the consumer has confirmed its first configuration" unknown_host_is_refused "http://127.0.0.1:${1##*:}"
}

free_port() { # free_port FIRST: that port or the next one on which nobody listens
    local port=$1
    while (: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
    echo "$port"
}

# pebble, Let's Encrypt's own for tests, with a name server that has one address for every name: what it is asked stays
# here. At $dns_management that server can be told otherwise.
#
# start_ca HTTP-PORT ADDRESS LIFETIME [NAME]: where names are found; for how many seconds a certificate is valid; another name
# for the CA than localhost, which others have for an address of this machine
start_ca() {
    local management dns listen=127.0.0.1
    [ -z "${4:-}" ] || listen=0.0.0.0
    ca_port=$(free_port 14000) management=$(free_port 15000) dns=$(free_port 8053)
    dns_management=$(free_port $((dns + 1)))
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost \
        -addext "subjectAltName=DNS:localhost${4:+,DNS:$4}" -keyout "$dir/ca.key" -out "$dir/ca.pem" 2>"$dir/openssl.log" ||
        fail "no certificate for the CA's own HTTPS"
    cat >"$dir/ca.json" <<END
{"pebble": {"listenAddress": "$listen:$ca_port", "managementListenAddress": "127.0.0.1:$management",
            "httpPort": $1, "certificate": "$dir/ca.pem", "privateKey": "$dir/ca.key", "certificateValidityPeriod": $3}}
END
    start ca-dns pebble-challtestsrv -http01= -https01= -tlsalpn01= -dns01="127.0.0.1:$dns" \
        -management="127.0.0.1:$dns_management" -defaultIPv4="$2" -defaultIPv6=
    start ca env PEBBLE_VA_NOSLEEP=1 PEBBLE_WFE_NONCEREJECT=0 pebble -config "$dir/ca.json" -dnsserver "127.0.0.1:$dns"
    wait_until 60 "the CA answers" \
        curl -s -m 5 --cacert "$dir/ca.pem" -o "$dir/root.pem" "https://localhost:$management/roots/0"
}

start_certs() { # start_certs HTTP-PORT
    cat >"$dir/certs.conf" <<END
output = certs
redis-url = unix://$dir/redis.sock
state-dir = $dir/certs-state
cert-dir = $dir/certs
acme-client = $PWD/consumer/certs/drivers/lego
acme-ca = https://localhost:$ca_port/dir
acme-ca-roots = $dir/ca.pem
acme-self-check = http://127.0.0.1:$1
END
    start certs build/beachhead-consumer --config="$dir/certs.conf"
}

unknown_host_is_refused() { [ "$(curl -s -m 5 -o "$dir/nobody" -w '%{http_code}' "$1")" = 503 ]; }

# ---- the end ----

# Stays until Ctrl-C, with what to try, in words that work from any other terminal of this host.
stay() {
    to_try
    say "Ctrl-C ends it and cleans up."
    while :; do sleep 3600 & wait $!; done
}

# All that a private Engine has.
remove_containers() {
    local left
    left=$(docker ps -aq)
    # shellcheck disable=SC2086 # a list of ids
    [ -z "$left" ] || docker rm -f $left >/dev/null
}

# What runs beside the daemons; the loop ends by itself, so that none of its requests is left behind.
end_helpers() {
    local pid
    touch "$dir/enough"
    for pid in $(jobs -p | grep -vxF "$(printf '%s\n' "${pids[@]:-none}")"); do
        [ "$pid" = "$loop" ] || kill "$pid"
        wait "$pid"
    done
}

# The last one first: the Engine ends after all others.
stop_daemons() {
    local i
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        kill "${pids[i]}" && wait "${pids[i]}"
    done
}

clean_up() {
    local directory
    trap '' TERM
    say "Cleaning up ..."
    {
        end_helpers
        remove_containers
        stop_daemons
        umount --recursive "$dir/engine" # where / is shared, dockerd mounts its own directory and leaves it
        for directory in "${made[@]}"; do umount "$directory" && rmdir "$directory"; done
        find /sys/fs/cgroup -depth -type d -path "*/${dir##*/}*" -exec rmdir {} +
    } 2>/dev/null
    rm -rf "$dir"
}

# ---- the stages ----

make_place() { dir=$(mktemp -d "${TMPDIR:-/tmp}/beachhead-$example.XXXXXX") || exit 1; }

prepare() {
    tests/install-packages "$example" || exit 1
    say "Building ..."
    make --no-print-directory -s -j"$(nproc)" programs "${also_built[@]}" || exit 1
    make_place
    trap 'rm -rf "$dir"' EXIT
    if ! { any_engine_will_do && engine_answers; }; then enter_namespaces; fi
    rm -rf "$dir"
    trap - EXIT
}

# Hears Ctrl-C, which bash forgets where a child of it takes the signal, and passes it on as SIGTERM, which it does
# not. What shows is apart from the terminal, and ends with this.
watch() {
    local shown status=0
    EXAMPLE_STAGE=show setpriv --pdeathsig TERM setsid "$self" &
    shown=$!
    trap 'kill "$shown"' INT TERM HUP
    while kill -0 "$shown" 2>/dev/null; do
        wait "$shown"
        status=$?
    done
    return "$status"
}

show() {
    make_place
    trap 'exit 130' TERM
    trap clean_up EXIT
    export TMPDIR=$dir
    say "Everything is private, below $dir, and goes at the end."
    if [ -n "${EXAMPLE_INSIDE:-}" ]; then
        start_engine
    else
        engine_answers || fail "the Docker Engine does not answer any more"
        note "Docker Engine $(cat "$dir/engine-version") answers: its containers named beachhead-$example-... are ours"
    fi
    set_up
    show_all
    [ -z "${KEEP:-}" ] || stay
}

run_example() {
    case ${EXAMPLE_STAGE:-prepare} in
    prepare) prepare && watch ;;
    watch) watch ;;
    show) show ;;
    esac
}
