"""The programs that people run otherwise, where they are found: CONFD, DOCKER_GEN (and NGINX_TMPL), or on the PATH."""
import os
import shutil
import statistics
import time
from pathlib import Path

from parts.confd import NEW_STYLE, OLD_STYLE, Confd, Confdir
from parts.process import Process, run
from parts.redis import Redis
from tools.engine import ScriptedEngine
from tools.ground import TOP, Ground
from tools.meter import Meter, median_of, now_ms, wait_until
from tools.table import Row, compared, ms, not_had

TEMPLATE = TOP / "bench/replies/docker-gen.tmpl"


def found(name: str) -> Path | None:
    program = os.environ.get(name.upper().replace("-", "_")) or shutil.which(name)
    return Path(program) if program else None


# confd

def confd() -> Confd | None:
    program = found("confd")
    if not program:
        return None
    has_commands = run([program, "redis", "--help"]).status == 0
    return Confd("confd", program, NEW_STYLE if has_commands else OLD_STYLE)


def confd_rows(ground: Ground, redis: Redis, what: str, ours: float) -> list[Row]:
    """confd with our template for nginx. The stand-in of the tests is none."""
    peer, target = confd(), "at most 1/15 of confd's"
    if not peer:
        return [not_had(what, target, ms(ours), "confd")]
    port = 6390
    redis.call("CONFIG", "SET", "port", port)
    redis.port = port
    directory = Confdir(ground.directory())
    directory.add("nginx", directory.place / "made.conf")

    def once() -> float:
        began = now_ms()
        done = peer.once(redis, directory.place)
        assert done.status == 0, f"confd failed: {done.errors}"
        return now_ms() - began

    return [compared(what, target, ours, "confd -onetime", median_of(min(3, ground.sizes.runs), once), 1 / 15)]


# docker-gen

def docker_gen_rows(ground: Ground, what: str, ours) -> list[Row]:
    """docker-gen with nginx-proxy's template where NGINX_TMPL names it, else with a shorter one."""
    program = found("docker-gen")
    if not program:
        return [not_had(f"{what}CPU; event → file", "at most 1/20; 1/10 of docker-gen's",
                        f"{ms(ours.cpu_ms)}; {ms(ours.to_file_ms)}", "docker-gen")]
    engine, made = ScriptedEngine(ground, ground.sizes.beside), ground.directory() / "made.conf"
    peer = Process([program, "-watch", "-endpoint", engine.url, os.environ.get("NGINX_TMPL", TEMPLATE), made])
    wait_until(lambda: made.exists() and f"c{ground.sizes.beside - 1}." in made.read_text(), what="docker-gen has begun")
    meter, cpu, latency = Meter(peer.pid), [], []
    for _ in range(ground.sizes.events):
        time.sleep(0.5)
        before, started = meter.cpu_ms(), engine.start_one()
        latency.append(wait_until(lambda: f"{started.name}." in made.read_text(), what="docker-gen has written") - started.ms)
        cpu.append(meter.cpu_ms() - before)
    peer.kill()
    engine.stop()
    return [compared(f"{what}CPU", "at most 1/20 of docker-gen's", ours.cpu_ms, "docker-gen", statistics.median(cpu), 1 / 20),
            compared(f"{what}event → file", "at most 1/10 of docker-gen's", ours.to_file_ms, "docker-gen",
                     statistics.median(latency), 1 / 10)]
