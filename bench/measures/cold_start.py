"""A registrar starts beside many containers, until all of them are in Redis; the Engine's own time for the same requests
is that of a client which makes nothing of the replies."""
from measures.real_engine import inspect_usec
from parts.redis import Redis
from tools.engine import PARALLEL, ScriptedEngine, read_everything
from tools.ground import Ground
from tools.meter import Meter, Spent, median_of, median_run, now_ms, wait_until
from tools.table import Row, compared, ms

MORE = 1.1


def cold_start(ground: Ground, redis: Redis, engine: ScriptedEngine) -> Spent:
    redis.call("FLUSHALL")
    began = now_ms()
    registrar = ground.registrar(redis, engine, "--expire=600", "--quiet")
    took = wait_until(lambda: redis.call("DBSIZE") == engine.containers + 1, what="all are registered") - began
    spent = Spent(took, Meter(registrar.pid).cpu_ms(), "")
    registrar.kill()
    return spent


def rows(ground: Ground, redis: Redis, count: int, inspect: int, speed: str) -> Row:
    engine = ScriptedEngine(ground, count, inspect)
    runs = ground.sizes.runs if inspect == 0 else min(3, ground.sizes.runs)
    own = median_of(runs, lambda: read_everything(engine))
    ours = median_run(runs, lambda: cold_start(ground, redis, engine))
    engine.stop()
    return compared(f"cold start with {count:,} containers; {speed}", "the Engine's own time and 10% at most",
                    ours.wall_ms, f"list and inspects, {PARALLEL} at once", own, MORE, more=f" ({ms(ours.cpu_ms)} of CPU)")


def measure(ground: Ground) -> list[Row]:
    redis, real = ground.redis(), inspect_usec(ground)
    made = [rows(ground, redis, count, inspect, speed) for count in ground.sizes.starts
            for inspect, speed in ((real, "an Engine as fast as the real one"), (0, "an Engine that answers from memory"))]
    redis.stop()
    return made
