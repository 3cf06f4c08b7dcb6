"""A registrar that has nothing to do: its memory, and how often it wakes up between two refreshes."""
import time
from dataclasses import dataclass

from parts.programs import NotifySocket
from parts.waiting import eventually
from tools.engine import ScriptedEngine
from tools.ground import Ground
from tools.meter import Meter
from tools.table import Row, bounded, judged, mib

MEMORY_MIB = 6


@dataclass
class Counted:
    wake_ups: int
    notices: int


def count_after_a_notice(meter: Meter, notify: NotifySocket, watchdog: int) -> Counted:
    """In the middle between two of them, so that each has its wake-up."""
    before = len(notify.values("WATCHDOG"))
    eventually(lambda: len(notify.values("WATCHDOG")) > before, 60, "the watchdog is told")
    time.sleep(watchdog / 8)
    return Counted(meter.wake_ups(), len(notify.values("WATCHDOG")))


def measure(ground: Ground) -> list[Row]:
    count, seconds, watchdog = ground.sizes.idle, ground.sizes.idle_seconds, ground.sizes.watchdog
    engine, redis, notify = ScriptedEngine(ground, count), ground.redis(), NotifySocket(ground.directory() / "notify")
    registrar = ground.registrar(redis, engine, "--expire=600", env=notify.environment(watchdog))
    eventually(lambda: redis.call("DBSIZE") == count + 1, 120)
    meter = Meter(registrar.pid)
    count_after_a_notice(meter, notify, watchdog)  # what follows the start is over
    before = count_after_a_notice(meter, notify, watchdog)
    time.sleep(seconds)
    after = count_after_a_notice(meter, notify, watchdog)
    woken, told = after.wake_ups - before.wake_ups, after.notices - before.notices
    memory = meter.dirty_mib()
    registrar.kill()
    redis.stop()
    engine.stop()
    more = max(0, woken - told)
    return [bounded(f"private dirty memory of the registrar at {count:,} containers", f"under {MEMORY_MIB} MiB", memory,
                    MEMORY_MIB, mib),
            Row(f"registrar idle, {count:,} containers, at least {seconds} s between refreshes", "no wake-up but the watchdog's",
                f"{woken} wake-ups", f"{told} for a watchdog of {watchdog} s",
                verdict="met" if more == 0 else f"missed: {more} more")]
