"""Everything that is registered is read, parsed, made sites of and rendered, beside programs that only read it."""
from functools import partial
from statistics import median

from parts.redis import Redis
from tools import peers
from tools.ground import PROGRAMS, Ground
from tools.meter import Spent, median_run, spend
from tools.table import Row, compared, ms

TO_MINIMAL, TO_CONFD = 3, 1 / 15


def full_pass(ground: Ground, redis: Redis) -> Spent:
    """From before the start of the process to its end; its text goes to /dev/null."""
    command = ground.consumer_command(redis, ground.directory(), "--once", "--dry-run", "--quiet")
    return median_run(ground.sizes.runs, lambda: spend(command, silent=True))


def read_by(redis: Redis, how: str, times: int) -> float:
    return median(spend([PROGRAMS / "minimal-reader", redis.path, how, "/beachhead/"]).wall_ms for _ in range(times))


def rows(ground: Ground, count: int) -> list[Row]:
    redis, runs = ground.redis(count), ground.sizes.runs
    what, spent = f"full pass over {count:,} registrations", full_pass(ground, redis)
    beside = partial(compared, what, ours=spent.wall_ms, more=f" ({ms(spent.cpu_ms)} of CPU)")
    made = [beside(f"at most {TO_MINIMAL} times SCAN and MGET alone", name="minimal hiredis program, SCAN and MGET",
                   theirs=read_by(redis, "mget", runs), limit=TO_MINIMAL),
            beside("at most 1/15 of confd's", name="confd's requests alone, SCAN and a GET a key",
                   theirs=read_by(redis, "get", min(3, runs)), limit=TO_CONFD),
            *peers.confd_rows(ground, redis, what, spent.wall_ms)]
    redis.stop()
    return made


def measure(ground: Ground) -> list[Row]:
    return [row for count in ground.sizes.passes for row in rows(ground, count)]
