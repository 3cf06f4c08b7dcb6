#!/bin/sh
# What the drivers share; each reads it first of all. The contract: beachhead-acme-driver(7).
set -euf
umask 077
cd "$BEACHHEAD_OUT"

FAILED=1 REFUSED=2 RETRY_AFTER=4

# finish STATUS REASON: ends the call; of the reason one line is left.
finish() {
    printf '%.1000s' "$2" | tr -s '[:cntrl:]' ' ' >reason
    exit "$1"
}

refuse() { finish $REFUSED "$1"; }

need() { # need PROGRAM PACKAGE
    command -v "$1" >/dev/null || finish $FAILED "$1 is not installed: apt-get install $2"
}

# client COMMAND...: runs it. What it says goes out at once, for the log of whoever has to end us, and into `said`.
client() {
    mkfifo pipe
    tee said <pipe &
    status=0
    "$@" >pipe 2>&1 </dev/null || status=$?
    wait
    return $status
}

# Of the names that are read, those that the certificate is for. Some clients leave the "*." of a wildcard out.
wanted_names() {
    # shellcheck disable=SC2086 # a list of words
    printf '%s\n' $BEACHHEAD_NAMES >names
    awk 'NR == FNR { wanted[$0]; next } $0 in wanted { print; next } ("*." $0) in wanted { print "*." $0 }' names - |
        sort -u
}

# retry_after WHEN: seconds or a date, as CAs say it.
retry_after() {
    case $1 in
    *[!0-9]*) seconds=$(($(date --date="$1" +%s) - $(date +%s))) ;;
    *) seconds=$1 ;;
    esac
    [ "$seconds" -le 0 ] || echo "$seconds" >retry-after
}

# report WHEN: ends a call that failed, by `problems`, one a line, "NAME WORDS", the name "-" where the client gives
# none: the words of the CA then name it, perhaps. WHEN is what the CA said in a header, "" where nothing is known of
# it.
report() {
    [ -s problems ] || sed '/^[[:space:]]*$/d; s/^/- /' said | tail -n 1 >problems
    cut -d ' ' -f 1 problems | wanted_names >failed-names
    [ -s failed-names ] || sed -n 's/.*urn:ietf:params:acme:error://p' problems | tr -cs 'A-Za-z0-9.*_-' '\n' |
        sed 's/\.*$//' | wanted_names >failed-names
    sed -i 's/urn:ietf:params:acme:error:\([A-Za-z]*\) :: /\1: /' problems
    IFS=' ' read -r name words <problems || finish $FAILED "it failed without a word"
    case $words in
    rateLimited:*) ;;
    externalAccountRequired:* | *"External Account Binding"* | *"external credentials"*)
        refuse "this CA wants accounts bound to its own: set acme-eab-kid= and acme-eab-hmac-file= in consumer.conf"
        ;;
    *)
        [ "$name" = - ] || words="$name: $words"
        finish $FAILED "$words"
        ;;
    esac
    # The limit of one name is that name's fault; of any other, none is to blame.
    case $words in *"failed authorizations"*) ;; *) rm failed-names ;; esac
    when=$(sed -n 's/.*retry after \([0-9-]*\)[ T]\([0-9:]*\).*/\1 \2Z/p; q' problems)
    when=${when:-$1}
    [ -z "$when" ] || retry_after "$when"
    finish $RETRY_AFTER "$words"
}

if [ "$BEACHHEAD_CHALLENGE" = dns-01 ] && [ -z "$BEACHHEAD_DNS" ]; then
    refuse "DNS-01 needs to be told how: set acme-dns= in consumer.conf"
fi
