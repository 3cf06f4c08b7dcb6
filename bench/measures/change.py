"""One change among many sites, beside the first pass over all of them: CPU of the consumer; and its memory."""
import time

from parts.process import Process
from parts.redis import Redis
from tools.ground import LEASE, Ground, value
from tools.meter import Meter, wait_until
from tools.table import Row, bounded, compared, mib

MEMORY_MIB = 40


def change(redis: Redis, number: int, address: str) -> None:
    redis.call("SETEX", f"/beachhead/site{number}", LEASE, value(number, address))
    redis.call("PUBLISH", "/beachhead-changes", f"site{number}")


def applied(consumer: Process) -> int:
    return consumer.log.count("nginx serves")


def measure(ground: Ground) -> list[Row]:
    count, changes = ground.sizes.sites, ground.sizes.events
    redis, place = ground.redis(count), ground.directory()
    consumer = Process(ground.consumer_command(redis, place, "--interval=3600"))
    meter = Meter(consumer.pid)
    wait_until(lambda: applied(consumer) == 1, what="all are applied")
    time.sleep(ground.sizes.saved)
    first = before = meter.cpu_ms()
    for number in range(changes):
        change(redis, 0, f"10.255.0.{number}")
        wait_until(lambda: applied(consumer) == number + 2, what="the change is applied")
        time.sleep(ground.sizes.saved)
    each, memory = (meter.cpu_ms() - before) / changes, meter.dirty_mib()
    consumer.kill()
    redis.stop()
    return [compared(f"one change among {count:,} sites: CPU, the file and the memory on disk included",
                     "under 1/10 of a full pass, up to the candidate in memory", each, "the first pass over all", first, 1 / 10),
            bounded(f"private dirty memory of the consumer at {count:,} sites", f"under {MEMORY_MIB} MiB", memory, MEMORY_MIB,
                    mib)]
