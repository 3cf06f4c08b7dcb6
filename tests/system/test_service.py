"""How the programs behave under systemd."""
import re
import shutil
import signal

import pytest

from parts.http import served_by
from parts.process import run
from parts.programs import SOURCE, NotifySocket, Registrar
from parts.registrations import instances, register, route
from parts.waiting import always, eventually

UNITS = sorted((SOURCE / "systemd").glob("*.service"))


@pytest.fixture(params=["registrar", "consumer"])
def service(request, redis, scripted, nginx, consumer):
    """Each of the two programs, not started; its status names what it awaits."""
    return Registrar(redis, scripted) if request.param == "registrar" else consumer()


def names(notify) -> list[str]:
    """The kinds of messages in their order, repetitions left out."""
    seen = [name for notice in notify.notices for name in notice.fields
            if name in ("READY", "RELOADING", "STOPPING", "WATCHDOG")]
    return [name for i, name in enumerate(seen) if i == 0 or seen[i - 1] != name]


def test_the_messages_come_in_order(service, notify):
    service.start(env=notify.environment())
    eventually(lambda: notify.has("READY", "1"))
    eventually(lambda: notify.has("STATUS"))
    service.process.signal(signal.SIGHUP)
    eventually(lambda: names(notify) == ["READY", "RELOADING", "READY"])
    assert service.stop() == 0
    eventually(lambda: names(notify) == ["READY", "RELOADING", "READY", "STOPPING"])


def test_it_is_ready_while_redis_and_engine_are_still_awaited_and_says_so(redis, scripted, service, notify):
    redis.stop()
    scripted.stop()
    service.start(env=notify.environment())
    eventually(lambda: notify.has("READY", "1"), 5)
    eventually(lambda: "waiting" in notify.status and f"127.0.0.1:{redis.port}" in notify.status, 5)
    redis.start()
    scripted.start()
    eventually(lambda: "waiting" not in notify.status)


def test_the_status_counts_what_is_published_and_served(redis, scripted, backend, consumer, notify, place):
    heard = NotifySocket(place / "second.sock")
    scripted.serve("web", "web.example.org", backend("web"))
    Registrar(redis, scripted).start(env=notify.environment())
    consumer().start(env=heard.environment())
    eventually(lambda: re.search(r"\b1 registration", notify.status))
    eventually(lambda: re.search(r"\b1 registration", heard.status))
    heard.close()


def test_the_watchdog_is_fed_until_the_loop_stops(service, notify):
    service.start(env=notify.environment(watchdog_seconds=1))
    eventually(lambda: notify.values("WATCHDOG").count("1") >= 3, 5)
    gaps = [b.time - a.time for a, b in zip(notify.notices, notify.notices[1:]) if "WATCHDOG" in b.fields]
    assert max(gaps) < 0.8
    service.freeze()
    count = len(notify.notices)
    always(lambda: len(notify.notices) <= count + 1, 2, "it is silent while it is stopped")
    service.process.signal(signal.SIGCONT)
    eventually(lambda: len(notify.notices) > count + 2)


def test_the_watchdog_is_fed_while_redis_and_engine_hang(redis, scripted, service, notify):
    scripted.faults.update(list="hang", inspect="hang")
    redis.process.signal(signal.SIGSTOP)
    service.start(env=notify.environment(watchdog_seconds=1))
    for _ in range(5):
        count = notify.values("WATCHDOG").count("1")
        eventually(lambda: notify.values("WATCHDOG").count("1") > count, 0.9)
    redis.process.signal(signal.SIGCONT)


def test_a_name_that_resolves_slowly_blocks_nothing(scripted, notify, redis):
    """No resolver answers in our network namespace: the loop must go on."""
    program = Registrar(redis, scripted)
    program.options[0] = "--redis-url=redis://redis.example.org:6379"
    program.start(env=notify.environment(watchdog_seconds=1))
    eventually(lambda: notify.values("WATCHDOG").count("1") >= 5, 5)
    assert program.stop() == 0


# Reload

def test_sighup_reads_the_configuration_again(redis, scripted, place):
    conf = place / "conf"
    conf.write_text(f"redis-url={redis.url}\ndocker-url={scripted.url}\n")
    program = Registrar(redis, scripted)
    program.options = [f"--config={conf}"]
    scripted.add("web", "BEACHHEAD_DOMAINS=web.example.org")
    program.start()
    eventually(lambda: redis.call("TTL", "/beachhead/web") > 50)
    conf.write_text(conf.read_text() + "expire=1000\n")
    program.process.signal(signal.SIGHUP)
    eventually(lambda: redis.call("TTL", "/beachhead/web") > 900)


def test_a_bad_configuration_is_refused_and_the_old_one_kept(redis, backend, place, consumer, notify):
    conf = place / "conf"
    edge = consumer()
    conf.write_text("\n".join(option.removeprefix("--") for option in edge.options) + "\n")
    edge.options = [f"--config={conf}"]
    register(redis, "one", route("one.example.org", backend("one").endpoint))
    edge.start(env=notify.environment())
    eventually(lambda: served_by("one.example.org") == "one")
    conf.write_text(conf.read_text() + "interval=never\n")
    edge.process.signal(signal.SIGHUP)
    edge.process.wait_for_log("interval.*never")
    eventually(lambda: names(notify) == ["READY", "RELOADING", "READY"])
    register(redis, "two", route("two.example.org", backend("two").endpoint))
    eventually(lambda: served_by("two.example.org") == "two")
    assert served_by("one.example.org") == "one"


def test_a_reload_drops_no_route(redis, scripted, backend, nginx, consumer):
    one = backend("one")
    for n in range(5):
        scripted.serve(f"c{n}", f"c{n}.example.org", one)
    program, edge = Registrar(redis, scripted, expire=30), consumer("--linger=0")
    program.start()
    edge.start()
    eventually(lambda: all(served_by(f"c{n}.example.org") == "one" for n in range(5)))
    nginx.wait_until_quiet()
    for _ in range(3):
        program.process.signal(signal.SIGHUP)
        edge.process.signal(signal.SIGHUP)
        always(lambda: len(instances(redis)) == 5 and served_by("c3.example.org") == "one", 1)
    assert program.process.is_running and edge.process.is_running


def test_a_container_that_drains_drains_on_through_a_reload(redis, scripted):
    web = scripted.add("web", "BEACHHEAD_DOMAINS=web.example.org")
    program = Registrar(redis, scripted)
    program.start()
    eventually(lambda: instances(redis) == ["web"])
    scripted.emit(web, "kill", signal="15")
    eventually(lambda: instances(redis) == [], 2)
    program.process.signal(signal.SIGHUP)
    always(lambda: instances(redis) == [], 2)


def test_a_reload_while_the_engine_is_away_forgets_nothing_and_lends_no_time(redis, scripted):
    scripted.add("web", "BEACHHEAD_DOMAINS=web.example.org")
    program = Registrar(redis, scripted, "--engine-grace=8", expire=2)
    program.start()
    eventually(lambda: instances(redis) == ["web"])
    scripted.stop()
    program.process.wait_for_log("Engine does not answer")
    program.process.signal(signal.SIGHUP)
    always(lambda: instances(redis) == ["web"], 4, "it outlives its lease")

    def reloaded_until_nothing_is_left() -> bool:
        program.process.signal(signal.SIGHUP)
        always(lambda: program.process.is_running, 0.5, "it has the time to publish")
        return redis.keys() == []

    eventually(reloaded_until_nothing_is_left, 15, "the grace is over and stays so")
    scripted.start()
    eventually(lambda: instances(redis) == ["web"])


# The unit files

@pytest.fixture
def units(place):
    """Copies of the units whose programs are those of the build: systemd-analyze wants them to exist."""
    copies = []
    for unit in UNITS:
        text = re.sub(r"(?<==)\S*/(beachhead-\w+)", lambda m: str(SOURCE / "build" / m[1]), unit.read_text())
        copy = place / unit.name
        copy.write_text(text)
        copy.chmod(0o644)
        copies.append(copy)
    for helper in (SOURCE / "systemd").glob("*"):
        if helper.suffix in (".socket", ".target", ".path", ".slice"):
            shutil.copy(helper, place)
    return copies


def test_there_are_units_for_both_programs():
    started = " ".join(unit.read_text() for unit in UNITS)
    assert "beachhead-registrar" in started and "beachhead-consumer" in started


def test_systemd_analyze_verify_is_silent(units):
    checked = run(["systemd-analyze", "verify", "--man=no", *units])
    assert (checked.status, checked.output + checked.errors) == (0, "")


@pytest.mark.parametrize("program, threshold", [("beachhead-registrar", 15), ("beachhead-consumer", 25)])
def test_systemd_analyze_security_rates_the_unit(units, program, threshold):
    rated = [unit for unit in units if re.search(rf"^ExecStart=\S*{program}", unit.read_text(), re.MULTILINE)]
    assert rated
    for unit in rated:
        checked = run(["systemd-analyze", "security", "--no-pager", "--offline=true",
                       f"--threshold={threshold}", unit])
        assert checked.status == 0, f"{unit.name}: {checked.output[-2000:]}{checked.errors}"


def test_the_units_come_back_for_ever(units):
    for unit in units:
        text = unit.read_text()
        assert re.search(r"^Restart=(always|on-failure)$", text, re.MULTILINE), unit.name
        assert re.search(r"^StartLimitIntervalSec=0$", text, re.MULTILINE), unit.name
