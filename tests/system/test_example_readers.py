"""The consumers in shell, Python and C that docs/writing-a-consumer.md explains, beside a live registrar."""
import re

import pytest

from parts.process import Process, run
from parts.programs import SOURCE
from parts.waiting import always, eventually

READERS = SOURCE / "examples/readers"


def compiled(place):
    """By the very commands of the page, but that the program goes elsewhere."""
    page = (SOURCE / "docs/writing-a-consumer.md").read_text()
    command = re.search(r"(?ms)^make\n(gcc .*?)^```", page)[1]
    made = run(["sh", "-c", command.replace("-o examples/readers/routes", f"-o {place}/routes")], cwd=SOURCE)
    assert made.status == 0, made.errors
    return place / "routes"


def in_shell(place, redis, path) -> list:
    return [READERS / "routes.sh", path, "-s", redis.path]


def in_python(place, redis, path) -> list:
    return [READERS / "routes.py", path, f"unix://{redis.path}"]


def in_c(place, redis, path) -> list:
    return [compiled(place), path, redis.path]


@pytest.mark.parametrize("command", [in_shell, in_python, in_c])
def test_a_reader_follows_what_containers_ask_for(command, redis, engine, registrar, place):
    path = place / "routes.txt"

    def routes() -> list[str]:
        return sorted(path.read_text().splitlines()) if path.exists() else ["none yet"]

    one = engine.serve("one", "a.example.org:http b.example.org:http=8080")
    registrar().start()
    Process(command(place, redis, path))
    eventually(lambda: routes() == [f"a.example.org {one.address}:80", f"b.example.org {one.address}:8080"])
    two = engine.serve("two", "a.example.org:http")
    both = sorted(f"a.example.org {container.address}:80" for container in (one, two))
    eventually(lambda: routes() == [*both, f"b.example.org {one.address}:8080"])
    one.stop(within=0)
    eventually(lambda: routes() == [f"a.example.org {two.address}:80"])
    redis.kill()
    always(lambda: routes() == [f"a.example.org {two.address}:80"], 1.5)
    redis.start()
    engine.serve("three", "c.example.org:http")
    eventually(lambda: any(line.startswith("c.example.org ") for line in routes()))
