#!/bin/sh
# One visit more, in the store that all containers of this service share.
count=$(printf 'INCR visits\r\nQUIT\r\n' | nc store 6379 | tr -dc 0-9)
[ -n "$count" ] || printf 'Status: 503 Service Unavailable\r\n'
printf 'Content-Type: text/plain\r\n\r\n'
echo "visit ${count:-unknown}, counted by $(hostname)"
