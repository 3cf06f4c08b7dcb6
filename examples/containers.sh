# shellcheck shell=bash
# What examples have in common in which Beachhead itself runs in containers, by examples/compose/compose.yaml: images that
# others have from a registry are made here, of Debian's packages. To be read after private.sh.
# shellcheck source=examples/visits.sh
. examples/visits.sh
# shellcheck disable=SC2034 # private.sh has it built
also_built=(example-debian)

edge=(docker-compose -f examples/compose/compose.yaml)

# As on a host, and for us alone: /run is private.
give_engine_its_place() {
    if ! { : >/run/docker.sock && mount --bind "$dir/docker.sock" /run/docker.sock; }; then
        fail "no Engine at /run/docker.sock"
    fi
}

# With apt's packages beside it: nothing is downloaded when an image is built on it.
make_debian() {
    docker import build/example-debian.tar debian:bookworm-slim >"$dir/docker.log" 2>&1 || fail "no debian:bookworm-slim"
}

# As Docker Hub's: a user of its own, to whom the directory of the data belongs.
make_redis() {
    put_programs /usr/bin/redis-server
    install -d -o 999 -g 999 "$dir/image/data"
    import_image redis:7 'WORKDIR /data' 'VOLUME /data' 'USER 999:999' 'EXPOSE 6379' 'CMD ["redis-server"]'
}

visit() { curl -s -m 5 --connect-to ::127.0.0.1: "$@"; } # visit [CURL'S OPTION]... URL
text() { visit -f "$@"; }

start_edge() { # start_edge SERVICE...: and what it says goes to a log of ours
    timed "${edge[@]}" up -d "$@"
    "${edge[@]}" logs -f --no-color >"$dir/edge.log" 2>&1 &
    wait_until 60 "an unknown host is refused" status_is 503 http://unknown.example.org/
}
