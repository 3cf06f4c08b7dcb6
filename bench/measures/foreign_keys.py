"""A Redis that others use, too: how long a change takes, and what the periodic pass over all keys costs the consumer and
Redis, without and with their keys."""
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from measures.change import change
from measures.events import identity
from parts.process import Process
from parts.redis import Redis
from tools.ground import Ground
from tools.meter import Meter, now_ms, wait_until
from tools.table import Row, compared, digits, ms, ratio

SITES = 100
DEFAULT_INTERVAL, ALWAYS, NEVER = 30, 1, 3600  # seconds between two passes
UNAFFECTED = 1.2


@dataclass
class Shared:
    between_ms: float   # a change, while no pass goes on; the median
    during_ms: float    # a change, while passes go on all the time; the slowest
    consumer_ms: float  # of CPU, a pass
    redis_ms: float


def changes(ground: Ground, redis: Redis, rendered: Path, network: int) -> list[float]:
    took = []
    for number in range(ground.sizes.events):
        before, began = identity(rendered), now_ms()
        change(redis, 0, f"10.{network}.0.{number}")
        took.append(wait_until(lambda: identity(rendered) not in ((), before), what="the change is in the file") - began)
        time.sleep(ground.sizes.settle + 0.07 * (number % 7))  # at any moment of a pass
    return took


def consume(ground: Ground, redis: Redis, place: Path, interval: int) -> Process:
    consumer = Process(ground.consumer_command(redis, place, f"--interval={interval}"))
    consumer.wait_for_log("nginx serves", 60)
    time.sleep(ground.sizes.settle)
    return consumer


def passes(redis: Redis) -> int:
    """Each ends with a fence, and nobody else publishes anything meanwhile."""
    return redis.command_counts().get("publish", 0)


def cost_of_a_pass(ground: Ground, redis: Redis, consumer: Process) -> tuple[float, float]:
    meters = Meter(consumer.pid), Meter(redis.process.pid)
    begun, before = passes(redis), [meter.cpu_ms() for meter in meters]
    time.sleep(ground.sizes.idle_seconds)
    wait_until(lambda: passes(redis) > begun, what="a pass has ended")
    count = passes(redis) - begun
    return tuple((meter.cpu_ms() - cpu) / count for meter, cpu in zip(meters, before))


def shared_with(ground: Ground, foreign: int) -> Shared:
    redis, place = ground.redis(SITES, "--enable-debug-command", "local"), ground.directory()
    if foreign:
        redis.call("DEBUG", "POPULATE", foreign, "foreign")
    rendered = place / "conf.d/beachhead.conf"
    consumer = consume(ground, redis, place, NEVER)
    between = changes(ground, redis, rendered, 254)
    consumer.kill()
    rendered.unlink()
    consumer = consume(ground, redis, place, ALWAYS)
    cost = cost_of_a_pass(ground, redis, consumer)
    during = changes(ground, redis, rendered, 255)
    consumer.kill()
    redis.stop()
    return Shared(statistics.median(between), max(during), *cost)


def measure(ground: Ground) -> list[Row]:
    foreign = ground.sizes.foreign
    alone, beside = shared_with(ground, 0), shared_with(ground, foreign)
    what = f"Redis shared with {foreign:,} foreign keys: "
    return [compared(f"{what}a change → the file in place", "unaffected", beside.between_ms, "without them", alone.between_ms,
                     UNAFFECTED),
            Row(f"{what}the same while a pass goes on, the slowest", "shown", ms(beside.during_ms),
                f"without them: {ms(alone.during_ms)}", ratio(beside.during_ms / alone.during_ms)),
            Row(f"{what}CPU of one periodic pass", "shown and bounded",
                f"consumer {ms(beside.consumer_ms)}, Redis {ms(beside.redis_ms)}",
                f"without them: {ms(alone.consumer_ms)}, {ms(alone.redis_ms)}",
                f"{digits(beside.redis_ms / DEFAULT_INTERVAL / 10)}% of Redis' core at the default --interval={DEFAULT_INTERVAL}")]
