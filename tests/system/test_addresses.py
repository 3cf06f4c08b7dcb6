"""Where Redis and the Engine are, how one gets in, and what is said where one does not."""
import shutil
import ssl

import pytest

from parts.process import run
from parts.programs import CONSUMER, REGISTRAR, Registrar
from parts.redis import Redis
from parts.registrations import instances, manifest, register, route
from parts.relay import Relay
from parts.tls import make_certificate
from parts.waiting import always, eventually

DOMAIN = "BEACHHEAD_DOMAINS=web.example.org"
PASSWORD = "p@ss/word:1"
ENCODED = "p%40ss%2Fword%3A1"

# Redis

URLS = {
    "a host and a port": "redis://127.0.0.1:6379",
    "a host alone": "redis://127.0.0.1",
    "a name": "redis://localhost:6379",
    "IPv6": "redis://[::1]:6379",
    "a socket": "unix://{path}",
    "another database": "redis://127.0.0.1:6379/3",
    "another database of a socket": "unix://{path}?db=3",
    "a password": f"redis://:{ENCODED}@127.0.0.1:6379",
    "a user and a password": f"redis://somebody:{ENCODED}@127.0.0.1:6379/3",
}


@pytest.fixture
def guarded(place):
    """A Redis at every kind of address, whose password is not asked of unknown visitors."""
    redis = Redis(place / "redis", 6379, "--bind", "127.0.0.1", "::1").start()
    redis.call("ACL", "SETUSER", "somebody", "on", f">{PASSWORD}", "~*", "&*", "+@all")
    return redis


@pytest.mark.parametrize("case", URLS)
def test_both_programs_find_redis_at(guarded, scripted, place, case):
    url = URLS[case].format(path=guarded.path)
    if "password" in case:
        guarded.call("ACL", "SETUSER", "default", "resetpass", f">{PASSWORD}")
        guarded.call("AUTH", PASSWORD)
    scripted.add("web", DOMAIN)
    published = run([REGISTRAR, f"--redis-url={url}", f"--docker-url={scripted.url}", "--refresh=0",
                     "--verbose"])
    assert published.status == 0, published.errors
    guarded.call("SELECT", 3 if "database" in case or "user" in case else 0)
    assert instances(guarded) == ["web"]
    read = run([CONSUMER, f"--redis-url={url}", f"--state-dir={place / 'state'}", "--dry-run", "--verbose"])
    assert read.status == 0, read.errors
    assert "web.example.org" in read.output
    for secret in (PASSWORD, ENCODED):
        assert secret not in published.errors + published.output + read.errors + read.output


def test_a_wrong_password_is_said_without_telling_it(guarded, scripted):
    url = "redis://somebody:mistake@127.0.0.1"
    program = Registrar(guarded, scripted)
    program.start(f"--redis-url={url}").wait_for_log("WRONGPASS")
    assert program.process.is_running
    assert "mistake" not in program.process.log


def test_a_replica_that_takes_no_writes_is_said_and_tried_again(redis, scripted):
    redis.call("REPLICAOF", "127.0.0.1", "1")
    scripted.add("web", DOMAIN)
    program = Registrar(redis, scripted)
    program.start().wait_for_log("READONLY")
    redis.call("REPLICAOF", "NO", "ONE")
    eventually(lambda: instances(redis) == ["web"])


def test_a_registrar_works_where_an_acl_binds_it_to_its_own_node(redis, scripted):
    redis.call("ACL", "SETUSER", "web1", "on", ">secret", "~/beachhead/*@web1", "~/beachhead-nodes/web1",
               "&/beachhead-changes", "+@all", "-@dangerous")
    other = route("other.example.org", ("192.0.2.1", 80))
    register(redis, "other@web2", other)
    register(redis, "stale@web1", other)
    scripted.add("web", DOMAIN)
    program = Registrar(redis, scripted, "--node=web1")
    program.start("--redis-url=redis://web1:secret@127.0.0.1")
    eventually(lambda: instances(redis) == ["other@web2", "web@web1"])


def test_a_consumer_works_where_an_acl_lets_it_read_only(redis, nginx, consumer):
    redis.call("ACL", "SETUSER", "edge", "on", ">secret", "%R~/beachhead/*", "%R~/beachhead-nodes/*",
               "&/beachhead-changes", "&/beachhead-fences", "&__keyspace@0__:/beachhead/*",
               "+@all", "-@dangerous")
    redis.call("SET", "/beachhead-nodes/n", manifest("m", "web@n"))
    register(redis, "web@n", route("web.example.org", ("192.0.2.1", 80)))
    edge = consumer()
    edge.start("--redis-url=redis://edge:secret@127.0.0.1")
    eventually(lambda: "web.example.org" in nginx.rendered)


def test_a_consumer_whose_acl_lacks_the_keyspace_notifications_says_so_once_and_works(redis, nginx, consumer):
    redis.call("ACL", "SETUSER", "edge", "on", ">secret", "%R~/beachhead/*", "%R~/beachhead-nodes/*",
               "resetchannels", "&/beachhead-changes", "&/beachhead-fences", "+@all")
    register(redis, "web", route("web.example.org", ("192.0.2.1", 80)))
    process = consumer().start("--redis-url=redis://edge:secret@127.0.0.1")
    eventually(lambda: "web.example.org" in nginx.rendered)
    since = len(process.lines)
    redis.call("CLIENT", "KILL", "TYPE", "pubsub")
    process.wait_for_log("connected to redis", since=since)
    said = [line.text for line in process.lines if "NOPERM" in line.text]
    assert len(said) == 1 and "ACL SETUSER edge +psubscribe '&__keyspace@0__:/beachhead/*'" in said[0], said


def connections(redis) -> int:
    """How many were made since the last `CONFIG RESETSTAT`."""
    told = redis.call("INFO", "stats")
    return int(next(line for line in told.splitlines() if line.startswith("total_conn")).split(":")[1])


def backs_off(redis, process) -> bool:
    """Whether the tries of three seconds, and the lines about them, are few."""
    redis.call("CONFIG", "RESETSTAT")
    lines = len(process.lines)
    always(lambda: process.is_running, 3)
    return connections(redis) < 20 and len(process.lines) - lines < 20


def test_a_registrar_that_is_let_in_and_refused_then_backs_off(redis, scripted):
    redis.call("REPLICAOF", "127.0.0.1", "1")
    scripted.add("web", DOMAIN)
    process = Registrar(redis, scripted).start()
    process.wait_for_log("READONLY")
    assert backs_off(redis, process), process.log


def test_a_consumer_that_is_let_in_and_refused_then_backs_off(redis, consumer):
    redis.call("ACL", "SETUSER", "edge", "on", ">secret", "%R~/beachhead/*", "%R~/beachhead-nodes/*", "+@all")
    process = consumer().start("--redis-url=redis://edge:secret@127.0.0.1")
    process.wait_for_log("NOPERM")
    assert backs_off(redis, process), process.log


# The Engine

@pytest.fixture
def relay(scripted):
    made = []

    def make(context: ssl.SSLContext | None = None) -> Relay:
        made.append(Relay(scripted.path, context))
        return made[-1]

    yield make
    for each in made:
        each.close()


def publish_once(redis, *options: str, **env: str):
    return run([REGISTRAR, f"--redis-url={redis.url}", "--refresh=0", *options], env=env)


def test_the_engine_over_tcp(redis, scripted, relay):
    scripted.add("web", DOMAIN)
    ended = publish_once(redis, f"--docker-url=tcp://127.0.0.1:{relay().port}")
    assert ended.status == 0, ended.errors
    assert instances(redis) == ["web"]


def test_the_engine_that_docker_host_names(redis, scripted, relay):
    scripted.add("web", DOMAIN)
    ended = publish_once(redis, DOCKER_HOST=f"tcp://localhost:{relay().port}")
    assert ended.status == 0, ended.errors
    assert instances(redis) == ["web"]


@pytest.fixture
def docker_tls(place):
    """What DOCKER_CERT_PATH names, and a server that wants just that certificate."""
    directory = place / "docker"
    certificate, key = make_certificate(directory, "localhost", file_name="cert")
    shutil.move(certificate, directory / "cert.pem")
    shutil.move(key, directory / "key.pem")
    shutil.copy(directory / "cert.pem", directory / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    context.load_verify_locations(directory / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    return directory, context


def test_the_engine_over_tls_with_the_certificates_that_docker_uses(redis, scripted, relay, docker_tls):
    directory, context = docker_tls
    scripted.add("web", DOMAIN)
    ended = publish_once(redis, DOCKER_HOST=f"tcp://localhost:{relay(context).port}", DOCKER_TLS_VERIFY="1",
                         DOCKER_CERT_PATH=str(directory))
    assert ended.status == 0, ended.errors
    assert instances(redis) == ["web"]


def test_an_engine_with_another_certificate_is_not_believed(redis, scripted, relay, docker_tls, place):
    directory, context = docker_tls
    make_certificate(place / "other", "localhost", file_name="ca")
    shutil.copy(place / "other" / "ca.crt", directory / "ca.pem")
    scripted.add("web", DOMAIN)
    ended = publish_once(redis, DOCKER_HOST=f"tcp://localhost:{relay(context).port}", DOCKER_TLS_VERIFY="1",
                         DOCKER_CERT_PATH=str(directory))
    assert ended.status == 1
    assert "certificate" in ended.errors
    assert instances(redis) == []
