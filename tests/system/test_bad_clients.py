"""ACME clients and CAs that fail in every way: the certificate that is there stays in service, and the log says what is
wrong. The client is a driver of the tests' own; the certificate that is there has been issued by a real CA."""
import subprocess

import pytest

from parts.acme import DRIVERS, Driver, certs_options, curl
from parts.http import fetch_tls
from parts.registrations import register, route
from parts.tls import make_certificate
from parts.waiting import always, eventually

HOST = "web.example.org"


@pytest.fixture
def served(redis, nginx, backend, consumer, pebble):
    """A site with a certificate; returns a consumer for it that wants another one at once, by another driver."""
    endpoint = backend("b").endpoint
    register(redis, "c", route(HOST, endpoint, implied=True, certificate={"names": [HOST]}))
    first = consumer(*certs_options(pebble))
    first.start()
    eventually(lambda: curl(HOST, pebble.root_file) == 200, within=60)
    certificate = fetch_tls(HOST).certificate
    first.stop()

    def start(driver, *options):
        register(redis, "c", route(HOST, endpoint, implied=True, certificate={"names": [HOST], "key": "ec-384"}))
        program = consumer(*certs_options(pebble, driver.path), *options)
        program.start()
        return program

    start.certificate = certificate
    return start


def stays(served) -> None:
    always(lambda: fetch_tls(HOST).certificate == served.certificate, 1, "the certificate that is there is served")


# What the client does for `issue`, and what the log says of it. OUT is where it puts what it got.
BAD_CLIENTS = {
    "ends with an error": ("echo no such thing >&2; exit 1", "no such thing"),
    "dies": ("kill -9 $$", "signal 9|137"),
    "prints garbage and says that all is well": ("head -c 100000 /dev/urandom; exit 0", "has left no chain.pem"),
    "gives nothing": ("exit 0", "has left no chain.pem"),
    "gives garbage": ("head -c 3000 /dev/urandom >$BEACHHEAD_OUT/chain.pem", "chain.pem is no text"),
    "gives half a file": ("head -c 300 {good}.crt >$BEACHHEAD_OUT/chain.pem", "not used"),
    "gives a certificate for another name": (
        "openssl x509 -req -in $BEACHHEAD_CSR -CA {ca}.crt -CAkey {ca}.key -CAcreateserial -days 30 -extfile {other_name} "
        "-out $BEACHHEAD_OUT/chain.pem", "not used: it is not for"),
    "gives one for another key": ("cp {good}.crt $BEACHHEAD_OUT/chain.pem", "not used: its key belongs"),
    "gives one that has expired": (
        "openssl ca -config {config} -name ca -in $BEACHHEAD_CSR -out $BEACHHEAD_OUT/chain.pem -batch -notext "
        "-startdate 200101000000Z -enddate 200201000000Z", "not used: it has expired"),
    "gives a directory": ("mkdir $BEACHHEAD_OUT/chain.pem", "chain.pem"),
    "gives a file without end": ("yes >$BEACHHEAD_OUT/chain.pem & sleep 0.3; kill $!; exit 0", "chain.pem"),
    "cannot do it": ("echo wants the moon >$BEACHHEAD_OUT/reason; exit 2", "wants the moon.*|not tried again"),
}


@pytest.mark.parametrize("what", BAD_CLIENTS)
def test_a_client_that(what, served, place):
    issue, said = BAD_CLIENTS[what]
    made = place / "made"
    good, ca = (make_certificate(made, name)[0].with_suffix("") for name in (HOST, "ca.example.org"))
    (made / "index").touch()
    (made / "serial").write_text("01\n")
    (made / "config").write_text(f"[ca]\ndatabase = {made}/index\nnew_certs_dir = {made}\nserial = {made}/serial\ncertificate = {ca}.crt\n"
                                 f"private_key = {ca}.key\ndefault_md = sha256\npolicy = any\ncopy_extensions = copy\n"
                                 "[any]\ncommonName = optional\n")
    (made / "other-name").write_text("subjectAltName = DNS:other.example.org\n")
    for name, path in (("good", good), ("ca", ca), ("config", made / "config"), ("other_name", made / "other-name")):
        issue = issue.replace(f"{{{name}}}", str(path))
    driver = Driver(place / "driver", issue)
    program = served(driver)
    line = program.process.wait_for_log(f"No certificate for {HOST}")
    assert HOST in line.text
    program.process.wait_for_log(said)
    stays(served)


def test_a_client_that_hangs_is_ended_at_its_time_limit(served, place):
    program = served(Driver(place / "driver", f"echo $$ >{place}/pid; sleep 1000"), "--acme-time-limit=2")
    program.process.wait_for_log(f"No certificate for {HOST}.*2 s")
    pid = int((place / "pid").read_text())
    eventually(lambda: not (place / "proc").exists() and subprocess.run(["kill", "-0", str(pid)], capture_output=True).returncode != 0)
    stays(served)


def test_a_client_that_hangs_for_one_site_holds_up_no_other(redis, backend, consumer, pebble, place):
    """More of them than there are places."""
    hangs = Driver(place / "driver", f"case $BEACHHEAD_NAMES in hang*) sleep 1000;; esac; exec {DRIVERS}/lego issue",
                   f"exec {DRIVERS}/lego account")
    endpoint = backend("b").endpoint
    program = consumer(*certs_options(pebble, hangs.path), "--acme-at-once=2", "--acme-time-limit=12")
    for i in range(3):
        register(redis, f"h{i}", route(f"hang{i}.example.org", endpoint, implied=True, certificate={"names": [f"hang{i}.example.org"]}))
    program.start()
    eventually(lambda: len([l for l in program.process.lines if "No certificate for hang" in l.text]) >= 2, within=60)
    register(redis, "c", route(HOST, endpoint, implied=True, certificate={"names": [HOST]}))
    eventually(lambda: curl(HOST, pebble.root_file) == 200, within=60)
    program.stop()  # and with it what hangs


def test_a_ca_that_is_down_is_tried_again(redis, backend, consumer, pebble):
    pebble.stop()
    register(redis, "c", route(HOST, backend("b").endpoint, implied=True, certificate={"names": [HOST]}))
    program = consumer(*certs_options(pebble))
    program.start()
    program.process.wait_for_log("cannot be used, and no certificate be had from there")
    pebble.start()
    pebble.root_file.write_text(pebble.root())
    eventually(lambda: curl(HOST, pebble.root_file) == 200, within=90)


def test_a_ca_that_refuses_nonces_is_asked_again(redis, backend, consumer, make_pebble):
    pebble = make_pebble(rejected_nonces=30)
    register(redis, "c", route(HOST, backend("b").endpoint, implied=True, certificate={"names": [HOST]}))
    consumer(*certs_options(pebble)).start()
    eventually(lambda: curl(HOST, pebble.root_file) == 200, within=120)


def test_a_full_disk_keeps_the_old_certificate_and_asks_for_no_second_one(redis, nginx, backend, consumer, pebble, place):
    """The directory of certificates is a file system of its own, with no room for another pair."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", nginx.certs], check=True)
    try:
        endpoint = backend("b").endpoint
        register(redis, "c", route(HOST, endpoint, implied=True, certificate={"names": [HOST]}))
        program = consumer(*certs_options(pebble))
        program.start()
        eventually(lambda: curl(HOST, pebble.root_file) == 200, within=60)
        first = fetch_tls(HOST).certificate
        filler = nginx.certs / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
        register(redis, "c", route(HOST, endpoint, implied=True, certificate={"names": [HOST], "key": "2048"}))
        program.process.wait_for_log("cannot be written", within=60)
        always(lambda: fetch_tls(HOST).certificate == first, 1)
        issued = pebble.issued
        filler.unlink()
        eventually(lambda: fetch_tls(HOST).certificate != first, within=60)
        eventually(lambda: curl(HOST, pebble.root_file) == 200)
        assert pebble.issued == issued, "what was issued was kept"
    finally:
        subprocess.run(["umount", "-l", nginx.certs], check=True)
