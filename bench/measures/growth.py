"""From few registrations to many: what a full pass takes, and the consumer's memory. Both are to grow like their number."""
import time

from measures.full_pass import full_pass
from parts.process import Process
from tools.ground import Ground
from tools.meter import Meter
from tools.plot import plot
from tools.table import Row, digits, mib, ms

BENT_MAX = 0.2


def memory(ground: Ground, redis) -> float:
    consumer = Process(ground.consumer_command(redis, ground.directory(), "--interval=3600"))
    consumer.wait_for_log("nginx serves", 120)
    time.sleep(ground.sizes.saved)
    dirty = Meter(consumer.pid).dirty_mib()
    consumer.kill()
    return dirty


def bend(sizes: tuple, figures: list[float]) -> float:
    """How far a figure is at most from the straight line between the first and the last."""
    slope = (figures[-1] - figures[0]) / (sizes[-1] - sizes[0])
    return max(abs(figure / (figures[0] + slope * (size - sizes[0])) - 1) for size, figure in zip(sizes, figures))


def row(what: str, sizes: tuple, figures: list[float], unit) -> Row:
    bent = bend(sizes, figures)
    told = ", ".join(f"{unit(figure)}" for figure in figures)
    return Row(f"growth with {', '.join(f'{size:,}' for size in sizes)} registrations: {what}", "linear within 20%", told,
               f"{digits((figures[-1] - figures[0]) / (sizes[-1] - sizes[0]) * 1000)} {unit(1).split()[1]} a thousand",
               f"{bent:.0%}", "met" if bent <= BENT_MAX else f"missed: {bent:.0%}")


def measure(ground: Ground) -> list[Row]:
    sizes, times, memories = ground.sizes.growth, [], []
    for size in sizes:
        redis = ground.redis(size)
        times.append(full_pass(ground, redis).wall_ms)
        memories.append(memory(ground, redis))
        redis.stop()
        ground.say(f"{size:,} registrations: {ms(times[-1])}, {mib(memories[-1])}")
    plot("growth", "registrations", {"a full pass, ms": {"consumer": (sizes, times)},
                                     "private dirty memory, MiB": {"consumer": (sizes, memories)}})
    return [row("a full pass", sizes, times, ms), row("private dirty memory of the consumer", sizes, memories, mib)]
