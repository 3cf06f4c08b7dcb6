"""The registrar renews all leases, beside redis-benchmark that sets as many values of the same size."""
import csv
import statistics

from parts.redis import Connection, Redis
from parts.waiting import eventually
from tools.engine import ScriptedEngine
from tools.ground import Ground
from tools.meter import now_ms, spend
from tools.table import Row, compared

COMMANDS = 100_000       # of redis-benchmark, so that its clock of milliseconds is fine enough
PIPELINES = (100, 1000)  # the faster one counts
LIST_USEC = 500_000      # the list comes after it: a real one is not made in less, with so many containers


def benchmark(redis: Redis, count: int) -> float:
    """redis-benchmark's time in ms for each `count` SETEX."""
    size = len(redis.get("/beachhead/c1@bench"))

    def run(pipeline: int) -> float:
        said = spend(["redis-benchmark", "-s", redis.path, "-c", 1, "-P", pipeline, "-n", COMMANDS, "-r", count, "--csv",
                      "SETEX", "/beachhead/c__rand_int__", 60, "x" * size]).output
        *_, figures = csv.DictReader(said.splitlines())
        return count * 1000 / float(figures["rps"])

    return min(run(pipeline) for pipeline in PIPELINES)


def manifest_changes(redis: Redis) -> Connection:
    """Is told when the manifest has been written, the last one of a refresh."""
    told, asking = redis.connect(), redis.connection
    number = told.call("CLIENT", "ID")
    told.call("SUBSCRIBE", "__redis__:invalidate")
    asking.call("CLIENT", "TRACKING", "ON", "REDIRECT", number, "BCAST", "PREFIX", "/beachhead-nodes/")
    return told


def watches(redis: Redis) -> int:
    """A refresh begins with one."""
    return redis.command_counts()["watch"]


def refresh(redis: Redis, told: Connection) -> float:
    before = watches(redis)
    while watches(redis) == before:
        continue
    began = now_ms()
    told.read()
    return now_ms() - began


def measure(ground: Ground) -> list[Row]:
    count = ground.sizes.refreshed
    engine, redis = ScriptedEngine(ground, count, list_usec=LIST_USEC), ground.redis()
    registrar = ground.registrar(redis, engine, "--expire=60", f"--refresh={ground.sizes.refresh}", "--quiet")
    eventually(lambda: redis.call("DBSIZE") == count + 1, 120)
    told = manifest_changes(redis)
    refresh(redis, told)  # the rest of the start
    ours = statistics.median(refresh(redis, told) for _ in range(ground.sizes.runs))
    redis.call("CLIENT", "TRACKING", "OFF")
    registrar.kill()
    floor = statistics.median(benchmark(redis, count) for _ in range(ground.sizes.runs))
    redis.stop()
    engine.stop()
    return [compared(f"refresh of {count:,} registrations", "at most 1.3 times redis-benchmark -P", ours,
                     "redis-benchmark, the same SETEX", floor, 1.3)]
