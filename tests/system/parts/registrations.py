"""Registrations and manifests as they stand in Redis; see beachhead-registration(5)."""
import json
import re

PREFIX = "/beachhead/"
NODES = "/beachhead-nodes/"


def endpoint(where: tuple[str, int]) -> dict:
    return {"host": where[0], "port": where[1]}


def route(domain: str, http: tuple | None = None, https: tuple | None = None, implied: bool = False,
          **more) -> dict:
    """One route; `implied` adds the https that nobody wrote."""
    made = {"id": re.sub(r"[^A-Za-z0-9_]", "_", domain), "domain": domain}
    if http:
        made["http"] = endpoint(http)
    if https:
        made["https"] = endpoint(https)
    elif implied:
        made["https"] = {"host": http[0], "port": 443, "implied": True}
    return {**made, **more}


def value(*routes: dict) -> str:
    return json.dumps(list(routes), separators=(",", ":"))


def manifest(machine: str, *instances: str) -> str:
    return json.dumps({"machine": machine, "version": "0", "engine": "connected",
                       "containers": len(instances), "instances": sorted(instances)})


def register(redis, instance: str, *routes: dict, lease: int = 600) -> None:
    """As companion or redis-cli do it: without manifest and hint."""
    redis.call("SETEX", PREFIX + instance, lease, value(*routes))


def hint(redis, instance: str) -> None:
    redis.call("PUBLISH", "/beachhead-changes", instance)


def routes_of(redis, instance: str) -> dict[str, dict]:
    """The routes that are registered, by domain; empty without a registration."""
    text = redis.get(PREFIX + instance)
    return {r["domain"]: r for r in json.loads(text)} if text else {}


def instances(redis) -> list[str]:
    return [key.removeprefix(PREFIX) for key in redis.keys(PREFIX + "*")]


def refresh_times(monitor, key: str) -> list[float]:
    """When a key was set, by the clock of a Redis that is monitored."""
    settings = (line for line in monitor.items if "SETEX" in line.upper() and f'"{key}"' in line)
    return [float(line.split()[0]) for line in settings]


def manifests(redis) -> dict[str, dict]:
    return {key.removeprefix(NODES): json.loads(redis.get(key)) for key in redis.keys(NODES + "*")}
