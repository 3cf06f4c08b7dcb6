"""A hint is only a reason to look: lost, doubled, forged, from another database, the end state is right."""
import threading

import pytest

from parts.http import served_by, status
from parts.registrations import PREFIX, hint, manifest, register, route, value
from parts.waiting import always, eventually

LONG_INTERVAL = 3600  # passes over everything do not help


def node_publishes(redis, *instances: str) -> None:
    redis.call("SET", "/beachhead-nodes/n", manifest("m", *instances))


def drop(redis, instance: str, *left: str) -> None:
    """As a registrar does when a container ends, without the hint."""
    redis.pipeline([("MULTI",), ("DEL", PREFIX + instance),
                    ("SET", "/beachhead-nodes/n", manifest("m", *left)), ("EXEC",)])


@pytest.mark.parametrize("notifications", ["", "KEA"])
def test_a_hint_takes_a_change_to_the_edge_at_once(redis, backend, consumer, notifications):
    redis.call("CONFIG", "SET", "notify-keyspace-events", notifications)
    consumer("--linger=0", interval=LONG_INTERVAL).start().wait_for_log("Redis|redis")
    node_publishes(redis, "web@n")
    register(redis, "web@n", route("web.example.org", backend("web").endpoint))
    hint(redis, "web@n")
    eventually(lambda: served_by("web.example.org") == "web", 3)
    drop(redis, "web@n")
    hint(redis, "web@n")
    eventually(lambda: status("web.example.org") == 503, 3)


def test_where_keyspace_notifications_are_on_they_do_without_hints(redis, backend, consumer):
    """companion and redis-cli publish no hint."""
    redis.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
    edge = consumer(interval=LONG_INTERVAL)
    edge.start()
    register(redis, "first", route("first.example.org", backend("first").endpoint))
    eventually(lambda: served_by("first.example.org") == "first", 10)
    register(redis, "second", route("second.example.org", backend("second").endpoint))
    eventually(lambda: served_by("second.example.org") == "second", 3)


def test_lost_hints_are_put_right_by_the_next_pass(redis, backend, consumer):
    consumer("--linger=0").start()
    node_publishes(redis, "web@n", "stays@n")
    register(redis, "web@n", route("web.example.org", backend("web").endpoint))
    register(redis, "stays@n", route("stays.example.org", backend("stays").endpoint))
    eventually(lambda: served_by("web.example.org") == "web" and served_by("stays.example.org") == "stays", 5)
    drop(redis, "web@n", "stays@n")
    eventually(lambda: status("web.example.org") == 503, 5)
    assert served_by("stays.example.org") == "stays"


@pytest.mark.parametrize("cut", [["pubsub"], ["pubsub", "normal"]])
def test_what_changed_while_the_consumer_was_cut_off_is_read_at_its_return(redis, backend, consumer, cut):
    edge = consumer("--linger=0", interval=LONG_INTERVAL)
    node_publishes(redis, "web@n")
    register(redis, "web@n", route("web.example.org", backend("old").endpoint))
    edge.start()
    eventually(lambda: served_by("web.example.org") == "old")
    changed = value(route("web.example.org", backend("new").endpoint))
    redis.pipeline([*(("CLIENT", "KILL", "TYPE", kind) for kind in cut), ("SETEX", PREFIX + "web@n", 600, changed),
                    ("PUBLISH", "/beachhead-changes", "web@n")])
    eventually(lambda: served_by("web.example.org") == "new", 10)


def test_doubled_hints_cost_one_reload(redis, nginx, backend, consumer):
    consumer(interval=LONG_INTERVAL).start()
    register(redis, "first", route("first.example.org", backend("first").endpoint))
    hint(redis, "first")
    eventually(lambda: served_by("first.example.org") == "first")
    nginx.wait_until_quiet(2)
    reloads = nginx.reloads
    register(redis, "web", route("web.example.org", backend("web").endpoint))
    for _ in range(200):
        hint(redis, "web")
    eventually(lambda: served_by("web.example.org") == "web", 3)
    nginx.wait_until_quiet(1)
    assert nginx.reloads == reloads + 1


FORGED = ["web", "ghost", "", "/", "../x", "a/b", "*", "web@ghost", "x" * 100_000, b"\xff\x00",
          "web\r\nDEL x", "@", "@n"]


def test_forged_hints_and_fences_change_nothing(redis, nginx, backend, consumer):
    edge = consumer("--linger=0")
    register(redis, "web", route("web.example.org", backend("web").endpoint))
    edge.start()
    eventually(lambda: served_by("web.example.org") == "web")
    nginx.wait_until_quiet(1)
    before, reloads = nginx.rendered, nginx.reloads
    for channel in ("/beachhead-changes", "/beachhead-fences", "__keyspace@0__:/beachhead/web",
                    "__keyspace@0__:/beachhead/ghost"):
        for message in (*FORGED, "del", "expired"):
            redis.call("PUBLISH", channel, message)
    always(lambda: served_by("web.example.org") == "web", 2.5)
    assert (nginx.rendered, nginx.reloads) == (before, reloads)
    assert edge.process.is_running


def test_20000_forged_hints_a_second_do_not_keep_a_change_from_the_edge(redis, backend, consumer):
    consumer().start()
    connection, over = redis.connect(), threading.Event()

    def flood() -> None:
        number = 0
        while not over.is_set():
            ghosts = range(number, number + 1000)
            connection.pipeline([("PUBLISH", "/beachhead-changes", f"ghost{n}") for n in ghosts])
            number += 1000
            over.wait(0.05)

    flooding = threading.Thread(target=flood, daemon=True)
    flooding.start()
    try:
        register(redis, "web", route("web.example.org", backend("web").endpoint))
        eventually(lambda: served_by("web.example.org") == "web", 20)
    finally:
        over.set()
        flooding.join()


def test_hints_from_another_database_change_nothing(redis, backend, consumer):
    """Messages cross the numbers of databases; what happens to a key of that name elsewhere is not ours."""
    edge = consumer("--linger=0", interval=LONG_INTERVAL)
    node_publishes(redis, "web@n")
    register(redis, "web@n", route("web.example.org", backend("ours").endpoint))
    edge.start()
    eventually(lambda: served_by("web.example.org") == "ours")
    elsewhere = redis.connect()
    elsewhere.call("SELECT", 1)
    theirs = value(route("web.example.org", backend("theirs").endpoint))
    for key in ("web@n", "more@n"):
        elsewhere.call("SETEX", PREFIX + key, 600, theirs)
        elsewhere.call("PUBLISH", "/beachhead-changes", key)
        elsewhere.call("DEL", PREFIX + key)
        elsewhere.call("PUBLISH", "/beachhead-changes", key)
    always(lambda: served_by("web.example.org") == "ours", 1.5)


def test_registrations_of_another_database_are_read_when_asked_for(redis, backend, consumer):
    elsewhere = redis.connect()
    elsewhere.call("SELECT", 3)
    elsewhere.call("SETEX", PREFIX + "web", 600, value(route("web.example.org", backend("theirs").endpoint)))
    edge = consumer()
    edge.options[0] = f"--redis-url={redis.url}?db=3"
    edge.start()
    eventually(lambda: served_by("web.example.org") == "theirs")


def test_several_prefixes_are_read_side_by_side(redis, backend, consumer):
    edge = consumer(f"--redis-url={redis.url}", "--key-prefix=/beachhead/", "--key-prefix=/staging",
                    interval=LONG_INTERVAL)
    register(redis, "web", route("web.example.org", backend("web").endpoint))
    redis.call("SETEX", "/staging/web", 600, value(route("staging.example.org", backend("staging").endpoint)))
    edge.start()
    eventually(lambda: served_by("web.example.org") == "web")
    eventually(lambda: served_by("staging.example.org") == "staging")
    redis.call("SETEX", "/staging/new", 600, value(route("new.example.org", backend("new").endpoint)))
    redis.call("PUBLISH", "/staging-changes", "new")
    eventually(lambda: served_by("new.example.org") == "new", 3)


# A swap of keys in one transaction

KEYS_BESIDE = 10_000


def passes_beside_a_swap(redis, edge, count: int) -> int:
    """How many of so many passes, each by a consumer without memory, saw neither the old nor the new key."""
    redis.pipeline([("SETEX", f"{PREFIX}beside{n}", 6000, "[]") for n in range(KEYS_BESIDE)])
    connection, over = redis.connect(), threading.Event()
    registration = value(route("web.example.org", ("192.0.2.1", 80)))

    def swap() -> None:
        number = 0
        while not over.is_set():
            old, new = f"web{number}@n", f"web{number + 1}@n"
            connection.pipeline([("MULTI",),
                                 ("SETEX", PREFIX + new, 600, registration),
                                 ("DEL", PREFIX + old),
                                 ("SET", "/beachhead-nodes/n", manifest("m", new)),
                                 ("PUBLISH", "/beachhead-changes", new),
                                 ("PUBLISH", "/beachhead-changes", old),
                                 ("EXEC",)])
            number += 1
            over.wait(0.0005)

    redis.call("SETEX", PREFIX + "web0@n", 600, registration)
    swapping = threading.Thread(target=swap, daemon=True)
    swapping.start()
    try:
        outputs = [edge.run("--dry-run").output for _ in range(count)]
    finally:
        over.set()
        swapping.join()
    return sum("web.example.org" not in output for output in outputs)


def test_no_pass_beside_10000_keys_misses_a_swap(redis, consumer):
    assert passes_beside_a_swap(redis, consumer("--nginx-confirm=none"), 100) == 0


@pytest.mark.long
def test_none_of_1000_passes_beside_10000_keys_misses_a_swap(redis, consumer):
    assert passes_beside_a_swap(redis, consumer("--nginx-confirm=none"), 1000) == 0
