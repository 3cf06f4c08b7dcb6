"""System tests: the two programs on real parts. Every worker lives in network and mount namespaces of its
own, with all its files below one temporary directory; nothing of it is left behind."""
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from parts import process
from parts.browser import Browser
from parts.engine import Engine
from parts.host import Host
from parts.http import Backend
from parts.namespace import isolate
from parts.nginx import Nginx
from parts.pebble import Pebble
from parts.programs import Consumer, NotifySocket, Registrar
from parts.redis import Redis
from parts.scripted_engine import ScriptedEngine
from parts.services import Services
from parts.waiting import eventually

LOG_LINES_SHOWN = 60
# They begin first, so that no worker is left with one of them when all else has ended.
LONGEST = {"test_example_compose", "test_example_app_stack", "test_certificates", "test_example_registry",
           "test_example_five_hosts", "test_two_edges", "test_demo", "test_bad_clients", "test_acme_drivers",
           "test_rolling_replacement", "test_hostile_values", "test_migration_of_certificates", "test_bench"}


def pytest_addoption(parser) -> None:
    parser.addoption("--long", action="store_true", help="also the tests that take minutes")
    parser.addoption("--screenshot", metavar="FILE", help="where the picture of the status page goes that is in docs/")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main() -> None:
    if os.geteuid() == 0:
        return
    if not shutil.which("sudo"):
        raise pytest.UsageError("the system tests need root: they start a Docker Engine in namespaces")
    os.execvp("sudo", ["sudo", "-E", sys.executable, "-m", "pytest", *sys.argv[1:]])


class Failures:
    """Named as they happen: a whole run takes minutes, and its reports come at its end."""

    def pytest_runtest_logreport(self, report) -> None:
        if report.failed:
            print(f"\nFAILED: {report.nodeid}", file=sys.__stderr__, flush=True)


def pytest_configure(config) -> None:
    config.addinivalue_line("markers", "long: takes minutes; runs with --long alone")
    config.addinivalue_line("markers", "row(name): the row of a table that the test stands for; all are printed at the end")
    hands_out = config.getoption("numprocesses", None) and not hasattr(config, "workerinput")
    if hands_out:
        config.pluginmanager.register(Failures())
    if not hands_out and os.geteuid() == 0:
        isolate()


def pytest_collection_modifyitems(config, items) -> None:
    items.sort(key=lambda item: item.path.stem not in LONGEST)
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    items[:] = [item for item in items if item not in long]
    config.hook.pytest_deselected(items=long)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what the programs said."""
    report = (yield).get_result()
    if call.when == "call":
        report.user_properties += [("row", mark.args[0]) for mark in item.iter_markers("row")]
    if report.failed and call.when == "call":
        for started in item.stash.get(STARTED, []):
            said = "\n".join(f"{line.time:.3f} {line.text}" for line in started.lines[-LOG_LINES_SHOWN:])
            report.sections.append((" ".join(started.arguments)[:200], said))


def pytest_terminal_summary(terminalreporter) -> None:
    """The figures of tests that have some; the rows of the tables that tests stand for, and whether all of a row's
    tests passed."""
    rows: dict[str, list[bool]] = {}
    for report in [r for outcome in ("passed", "failed") for r in terminalreporter.getreports(outcome)]:
        for name, text in report.user_properties if report.when == "call" else []:
            if name == "figures":
                terminalreporter.line(text)
            if name == "row":
                rows.setdefault(text, []).append(report.passed)
    if rows:
        terminalreporter.section("nginx-proxy's tables, row by row")
    for text, results in sorted(rows.items()):
        terminalreporter.line(f"{text} → {'passed' if all(results) else 'FAILED'} ({len(results)})")


STARTED = pytest.StashKey[list]()


@pytest.fixture(scope="session")
def workplace():
    """The directory of this worker. When it goes, no process of it may be left."""
    with tempfile.TemporaryDirectory(prefix="beachhead-test-") as directory:
        yield Path(directory)
        try:
            eventually(lambda: not process.named_in_command_lines(directory), what="all processes have ended")
        finally:
            left = process.named_in_command_lines(directory)
            for pid in left:
                os.kill(pid, signal.SIGKILL)
            assert not left


@pytest.fixture(autouse=True)
def _end_processes(request, place):
    """Ends what a test has started, the last one first, before its directory goes."""
    everything: list[process.Process] = []
    request.node.stash[STARTED] = everything
    process.on_start = everything.append
    yield
    for started in reversed(list(process.running)):
        started.kill()
    # A consumer that is killed leaves the check that it was at, which makes nginx's directories.
    eventually(lambda: not process.named_in_command_lines(str(place)), what="what they started has ended")


@pytest.fixture
def place(workplace):
    """An empty directory for one test, with a short name: sockets lie in it."""
    with tempfile.TemporaryDirectory(dir=workplace, prefix="") as directory:
        yield Path(directory)


@pytest.fixture
def redis(place):
    """At the end, none of its users has tried what the file does not let it do."""
    server = Redis(place / "redis").start()
    yield server
    if server.process.is_running and server.answers():
        assert server.refused() == []


@pytest.fixture(scope="session")
def _dockerd(workplace):
    engine = Engine(workplace / "engine")
    engine.start()
    engine.make_image()
    yield engine
    engine.stop()


@pytest.fixture
def engine(_dockerd):
    """The real Engine, without a container."""
    yield _dockerd
    _dockerd.remove_all()


@pytest.fixture
def scripted(place):
    engine = ScriptedEngine(place / "engine.sock")
    yield engine
    engine.stop()


@pytest.fixture
def nginx(place):
    """A private nginx that runs, with no site yet."""
    return Nginx(place / "nginx").start()


@pytest.fixture
def pebble(place):
    """A private CA that knows nobody yet."""
    return Pebble(place / "pebble").start()


@pytest.fixture
def backend():
    """Makes small HTTP servers by name."""
    made: list[Backend] = []

    def make(name: str, **options) -> Backend:
        made.append(Backend(name, **options))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.fixture
def host(place, engine):
    """This machine, to be installed on: what is written to it is gone afterwards."""
    ours = Host(place / "host", engine)
    try:
        ours.open()
        yield ours
    finally:
        ours.close()


@pytest.fixture
def notify(place):
    received = NotifySocket(place / "notify.sock")
    yield received
    received.close()


@pytest.fixture
def consumer(redis, nginx, place):
    """Makes consumers of `redis` for `nginx`."""

    def make(*options, state: Path = place / "state", **more) -> Consumer:
        return Consumer(redis, nginx, state, *options, **more)

    return make


@pytest.fixture
def registrar(redis, engine):
    """Makes registrars of the real Engine."""

    def make(*options, **more) -> Registrar:
        return Registrar(redis, engine, *options, **more)

    return make


@pytest.fixture
def services(place):
    """An empty directory for files of services."""
    return Services(place / "services.d")


@pytest.fixture
def both(registrar, consumer):
    """Starts both programs, the consumer with these options, and returns that."""

    def start(*options) -> Consumer:
        registrar().start()
        program = consumer(*options)
        program.start()
        return program

    return start


@pytest.fixture
def make_pebble(place):
    """Makes the CA, with what a test wants of it, and writes its root down."""

    def make(**options) -> Pebble:
        pebble = Pebble(place / "pebble", **options).start()
        pebble.root_file = place / "root.pem"
        pebble.root_file.write_text(pebble.root())
        return pebble

    return make


@pytest.fixture
def pebble(make_pebble):
    return make_pebble()


@pytest.fixture
def browser(place):
    opened = Browser(place / "browser")
    yield opened
    opened.close()


@pytest.fixture
def once(nginx):
    """Waits until something is so, and no old worker of nginx answers otherwise any more."""

    def wait(condition):
        answer = eventually(condition)
        nginx.wait_for_old_workers()
        return answer

    return wait
