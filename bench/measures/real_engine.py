"""How fast a real Docker Engine answers: the scripted one can then be as slow."""
from functools import cache

from tools.engine import PARALLEL, inspect_ms
from tools.ground import Ground
from tools.meter import median_of
from tools.table import Row, digits

CONTAINERS = 8


@cache
def inspect_usec(ground: Ground) -> int:
    """Of one inspect where eight are under way, of containers that run; the median of several thousand."""
    inspects = 100 * ground.sizes.runs
    for number in range(CONTAINERS):
        ground.engine.serve(f"speed{number}", f"speed{number}.example.org")
    usec = median_of(ground.sizes.runs, lambda: inspect_ms(ground.engine, inspects) * 1000)
    ground.engine.remove_all()
    ground.say(f"the real Engine takes {digits(usec)} µs for an inspect, {PARALLEL} at once")
    return round(usec)


def measure(ground: Ground) -> list[Row]:
    return [Row("an inspect of the real Docker Engine, 8 at once", "", f"{inspect_usec(ground)} µs")]
