"""A registrar that dies: its routes end with their lease, or are held; a restart in time is not noticed."""
import time

from parts.http import RequestLoop, served_by, status
from parts.programs import Registrar
from parts.registrations import instances
from parts.waiting import always, eventually

NO_INTERVAL = 3600  # full passes do not help: it is the deadline that counts


def after_a_refresh(redis, key: str, lease: int) -> None:
    """Waits for the moment at which the whole lease lies ahead."""
    def is_fresh() -> bool:
        return redis.call("PTTL", key) > lease * 1000 - 100

    eventually(lambda: not is_fresh())
    eventually(is_fresh)


def test_with_hold_max_0_routes_end_within_a_second_of_their_deadline(redis, scripted, backend, nginx, consumer):
    assert redis.call("CONFIG", "GET", "notify-keyspace-events")[1] == ""
    scripted.serve("web", "web.example.org", backend("web"))
    program = Registrar(redis, scripted)
    program.start()
    consumer("--hold-max=0", "--linger=0", interval=NO_INTERVAL).start()
    eventually(lambda: served_by("web.example.org") == "web")
    nginx.wait_for_old_workers()
    after_a_refresh(redis, "/beachhead/web", 4)
    program.kill()
    deadline = time.monotonic() + redis.call("PTTL", "/beachhead/web") / 1000
    always(lambda: served_by("web.example.org") == "web", deadline - 0.1 - time.monotonic())
    eventually(lambda: status("web.example.org") == 503, deadline + 1 - time.monotonic(), "it is dropped")


def test_by_default_every_site_is_held_and_served_on(redis, scripted, backend, nginx, consumer):
    one = backend("one")
    for n in range(5):
        scripted.serve(f"c{n}", f"c{n}.example.org", one)
    program = Registrar(redis, scripted)
    program.start()
    edge = consumer()
    edge.start()
    hosts = [f"c{n}.example.org" for n in range(5)]
    eventually(lambda: all(served_by(host) == "one" for host in hosts))
    nginx.wait_until_quiet()
    with RequestLoop(hosts, pace=0.01) as loop:
        program.kill()
        for host in hosts:
            edge.process.wait_for_log(f"{host}.* held")
        assert instances(redis) == []
        always(lambda: not loop.failures, 2)
    program.start()
    eventually(lambda: len(instances(redis)) == 5)
    for host in hosts:
        eventually(lambda: [line for line in edge.process.lines if host in line.text][-1].text.count("live"))


def test_held_sites_end_with_hold_max(redis, scripted, backend, consumer):
    scripted.serve("web", "web.example.org", backend("web"))
    program = Registrar(redis, scripted)
    program.start()
    edge = consumer("--hold-max=3", "--linger=0")
    edge.start()
    eventually(lambda: served_by("web.example.org") == "web")
    program.kill()
    held = edge.process.wait_for_log("web.example.org.* held").time
    always(lambda: served_by("web.example.org") == "web", held + 2.5 - time.monotonic(), "it is held")
    eventually(lambda: status("web.example.org") == 503, 3)


def test_missing_endpoints_leave_a_site_that_has_others(redis, scripted, backend, consumer):
    """Two registrars share a domain; one dies, and after its lease its endpoint is not asked any more."""
    from_dead, from_alive = backend("dead"), backend("alive")
    scripted.serve("web", "web.example.org", from_dead)
    program = Registrar(redis, scripted, "--node=dead")
    program.start()
    host, port = from_alive.endpoint
    redis.call("SET", "/beachhead/web@alive", '[{"id":"web_example_org","domain":"web.example.org",'
               f'"http":{{"host":"{host}","port":{port}}}}}]')
    consumer().start()
    eventually(lambda: {served_by("web.example.org") for _ in range(4)} == {"dead", "alive"})
    program.kill()
    eventually(lambda: {served_by("web.example.org") for _ in range(8)} == {"alive"})


def test_a_restart_in_time_misses_no_route_and_drops_what_stopped(redis, scripted, backend, nginx, consumer):
    one = backend("one")
    scripted.serve("stays", "stays.example.org", one)
    goes = scripted.serve("goes", "goes.example.org", one)
    program = Registrar(redis, scripted, expire=30)
    program.start()
    consumer("--linger=0").start()
    hosts = ["stays.example.org", "goes.example.org"]
    eventually(lambda: all(served_by(host) == "one" for host in hosts))
    nginx.wait_until_quiet()
    with RequestLoop(["stays.example.org"], pace=0.01) as loop:
        program.kill()
        scripted.remove(goes)
        always(lambda: instances(redis) == ["goes", "stays"], 0.5)
        program.start()
        eventually(lambda: instances(redis) == ["stays"], 5)
        eventually(lambda: status("goes.example.org") == 503, 2)
        assert redis.call("PTTL", "/beachhead/stays") > 28_000
    assert not loop.failures
