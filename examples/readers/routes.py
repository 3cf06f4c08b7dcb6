#!/usr/bin/python3
"""Keeps FILE up to date: a line "DOMAIN HOST:PORT" for each endpoint of each domain that is served over HTTP.
usage: routes.py FILE [URL OF REDIS]      (needs Debian's python3-redis)"""
import json
import os
import sys
import time

import redis

path, url = sys.argv[1], (sys.argv[2:] or ["redis://localhost"])[0]
server = redis.Redis.from_url(url)
written = None
while True:
    try:
        changes = server.pubsub(ignore_subscribe_messages=True)
        changes.subscribe("/beachhead-changes")  # listen first, then look: no gap
        while True:
            values = server.mget(list(server.scan_iter("/beachhead/*", count=1000)) or ["/beachhead/"])
            routes = [route for value in values if value for route in json.loads(value)]
            lines = sorted({f"{r['domain']} {r['http']['host']}:{r['http']['port']}\n" for r in routes if "http" in r})
            if lines != written:
                with open(path + ".new", "w") as file:
                    file.writelines(lines)
                os.rename(path + ".new", path)
                written = lines
            changes.get_message(timeout=10)  # leases end in silence
    except (redis.RedisError, ValueError) as error:
        print(f"{error}; {path} stays as it is", file=sys.stderr)
        time.sleep(1)
