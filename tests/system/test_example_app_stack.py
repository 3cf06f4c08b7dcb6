"""examples/app-stack/ shows what it claims; a look at the network from within the containers finds no way to the database
but the application's."""
import pytest

from parts.examples import Example, in_a_shell, make_example_debian
from parts.waiting import eventually

BUILD_SECONDS = 1200  # apt at work
PORT = 5432
CONNECT = f"import socket, sys; socket.create_connection((sys.argv[1], {PORT}), timeout=3)"
EDGE = [f"compose_{name}_1" for name in ("nginx", "consumer", "registrar", "redis")]


def addresses(example: Example, container: str) -> dict[str, str]:
    """By network."""
    networks = example.inspect(container)["NetworkSettings"]["Networks"]
    return {name: network["IPAddress"] for name, network in networks.items() if network["IPAddress"]}


def reaches_database(example: Example, container: str) -> bool:
    """Whether a connection is made from where that container is."""
    (address,) = addresses(example, "app-stack_database_1").values()
    inside = example.inspect(container)["State"]["Pid"]
    return example.run_inside("nsenter", "-t", str(inside), "-n", "python3", "-c", CONNECT, address).status == 0


def check_database(example: Example) -> None:
    assert set(addresses(example, "app-stack_database_1")) == {"app-stack_store"}
    assert not any(example.inspect("app-stack_database_1")["NetworkSettings"]["Ports"].values())
    assert reaches_database(example, "app-stack_app_2")
    for container in [*EDGE, "app-stack_static_1", "app-stack_docs_1"]:
        assert not reaches_database(example, container), container


def check_password(example: Example) -> None:
    """It is neither in a container's settings nor in what is published."""
    password = (example.directory / "secrets/database-password").read_text().strip()
    volume = example.directory / "engine/volumes/compose_redis/_data"  # a path that is too long for a socket's name
    published = example.run_inside(
        "sh", "-c", f"cd {volume} && redis-cli -s redis.sock --scan | xargs redis-cli -s redis.sock mget").output
    assert "notes.example.org" in published
    assert password not in published + str([example.inspect(f"app-stack_{name}") for name in ("app_2", "database_1")])


@pytest.mark.long
def test_one_domain_has_an_application_files_and_docs_and_a_database_that_the_edge_cannot_reach(place):
    make_example_debian()
    example = Example("app-stack", place, KEEP="1")
    example.wait_for_log("Ctrl-C ends it", BUILD_SECONDS)
    environment, post, page, explain = example.wait_for_commands()
    assert example.number(r"requests meanwhile: (\d+), failed: 0") > 5
    check_database(example)
    check_password(example)

    def path(name: str) -> str:
        return in_a_shell(page.replace("http://127.0.0.1/", f"http://127.0.0.1{name}"))

    assert "sans-serif" in path("/static/notes.css")
    assert "module notes" in path("/docs/")
    in_a_shell(post)
    eventually(lambda: "<li>mine</li><li>hello</li>" in in_a_shell(page), 60, "both notes are shown")
    assert "notes.example.org" in in_a_shell(f"{environment}; {explain}")
    assert example.interrupt() == 130
    example.check_nothing_is_left()
