"""nginx is reloaded for what differs, and for nothing else."""
import os
import time

from parts.http import served_by
from parts.registrations import hint, register, route
from parts.waiting import always, eventually

HOST = "web.example.org"


def settled(nginx) -> int:
    nginx.wait_until_quiet()
    return nginx.reloads


def test_what_changes_nothing_reloads_nothing(engine, nginx, consumer, registrar):
    program = consumer()
    program.start()
    registrar("--refresh=1").start()
    (nginx.vhosts / HOST).write_text("# nothing\n")
    container = engine.run("web", f"VIRTUAL_HOST={HOST}")
    eventually(lambda: served_by(HOST) == "web")
    before = settled(nginx)
    always(lambda: nginx.reloads == before, 2.5, "refreshing")
    container.rename("other")
    always(lambda: nginx.reloads == before, 2, "renaming a container")
    os.utime(nginx.vhosts / HOST)
    (nginx.vhosts / "unused.example.net").write_text("# nobody's\n")
    always(lambda: nginx.reloads == before, 2, "touching files")
    program.restart()
    always(lambda: nginx.reloads == before and served_by(HOST) == "web", 3, "restarting the consumer")


def test_100_changes_in_a_second_take_at_most_three_reloads(nginx, redis, consumer, backend):
    where = backend("web").endpoint
    register(redis, "c", route(HOST, where))
    consumer(interval=600).start()
    eventually(lambda: served_by(HOST) == "web")
    before = settled(nginx)
    began = time.monotonic()
    for i in range(100):
        register(redis, f"c{i}", route(f"s{i}.example.org", where))
        hint(redis, f"c{i}")
        time.sleep(max(0.0, began + (i + 1) / 100 - time.monotonic()))  # evenly over the second
    eventually(lambda: all(served_by(f"s{i}.example.org") == "web" for i in (0, 50, 99)))
    assert settled(nginx) - before <= 3
