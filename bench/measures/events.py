"""One container more among many: CPU of the registrar, and how long from the event until Redis has the key, and until the
consumer has rendered the file. Beside it, the least that docker-gen can do for that event."""
import statistics
import time
from dataclasses import astuple, dataclass
from pathlib import Path

from measures.real_engine import inspect_usec
from parts.process import Process
from parts.redis import Connection, Redis
from parts.waiting import eventually
from tools import peers
from tools.engine import ScriptedEngine
from tools.ground import PROGRAMS, Ground
from tools.meter import Meter, now_ms, wait_until
from tools.table import Row, compared

LEAST = "the requests of docker-gen, decoded"


@dataclass
class Event:
    """From the event on; `cpu_ms` of the registrar, or of what stands for docker-gen."""

    to_key_ms: float
    to_file_ms: float
    cpu_ms: float


def median(events: list[Event]) -> Event:
    """Of each figure."""
    return Event(*(statistics.median(figures) for figures in zip(*map(astuple, events))))


def hints(redis: Redis) -> Connection:
    """A registrar publishes one with each change, in the same transaction."""
    connection = redis.connect()
    connection.call("SUBSCRIBE", "/beachhead-changes")
    return connection


def identity(path: Path) -> tuple:
    """Another one after each change of the file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return ()
    return status.st_ino, status.st_mtime_ns


def start_one(engine: ScriptedEngine, heard: Connection, rendered: Path, meter: Meter, settle: float) -> Event:
    before, cpu = identity(rendered), meter.cpu_ms()
    started = engine.start_one()
    assert started.name in heard.read()[2]
    keyed = now_ms()
    filed = wait_until(lambda: identity(rendered) not in ((), before), what="the file is rendered")
    time.sleep(settle)
    return Event(keyed - started.ms, filed - started.ms, meter.cpu_ms() - cpu)


def ours(ground: Ground, inspect: int) -> Event:
    engine, redis = ScriptedEngine(ground, ground.sizes.beside, inspect), ground.redis()
    place = ground.directory()
    registrar = ground.registrar(redis, engine, "--expire=600")
    eventually(lambda: redis.call("DBSIZE") == ground.sizes.beside + 1, 120)
    consumer = Process(ground.consumer_command(redis, place, "--interval=3600"))
    consumer.wait_for_log("nginx serves", 120)
    time.sleep(ground.sizes.settle)
    heard = hints(redis)
    rendered, meter = place / "conf.d/beachhead.conf", Meter(registrar.pid)
    events = [start_one(engine, heard, rendered, meter, ground.sizes.settle) for _ in range(ground.sizes.events)]
    for process in (consumer, registrar):
        process.kill()
    redis.stop()
    engine.stop()
    return median(events)


def least(ground: Ground, inspect: int) -> Event:
    """Of a client that asks what docker-gen asks, and stops there: before the file."""
    engine = ScriptedEngine(ground, ground.sizes.beside, inspect)
    client = Process([PROGRAMS / "engine-client", engine.path, "watch"])
    meter, events = Meter(client.pid), []
    time.sleep(ground.sizes.settle)
    for number in range(ground.sizes.events):
        cpu, started = meter.cpu_ms(), engine.start_one()
        wait_until(lambda: len(client.lines) > number, what="the client has asked")
        done = int(client.lines[number].text) / 1000
        time.sleep(0.02)  # it has gone to sleep
        events.append(Event(done - started.ms, done - started.ms, meter.cpu_ms() - cpu))
    client.kill()
    engine.stop()
    return median(events)


def measure(ground: Ground) -> list[Row]:
    count, real = ground.sizes.beside, inspect_usec(ground)
    fast, slow, client_fast, client_slow = ours(ground, 0), ours(ground, real), least(ground, 0), least(ground, real)
    what = f"one container more among {count}: "
    rows = [compared(f"{what}CPU of the registrar, from event to key", "at most 1/20 of docker-gen's",
                     fast.cpu_ms, LEAST, client_fast.cpu_ms, 1 / 20)]
    for speed, mine, theirs in (("an Engine as fast as the real one", slow, client_slow),
                                ("an Engine that answers from memory", fast, client_fast)):
        rows += [compared(f"{what}event → key; {speed}", "at most 1/10 of docker-gen's event → file",
                          mine.to_key_ms, LEAST, theirs.to_file_ms, 1 / 10),
                 compared(f"{what}event → rendered file; {speed}", "at most 1/10 of docker-gen's event → file",
                          mine.to_file_ms, LEAST, theirs.to_file_ms, 1 / 10)]
    return rows + peers.docker_gen_rows(ground, what, fast)
