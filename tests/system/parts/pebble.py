"""A private pebble, the CA that Let's Encrypt has for tests, and the DNS that it believes: on loopback ports, with all
its files below one directory. What it has issued, and whom it knows, is forgotten when it ends."""
import json
import ssl
import subprocess
import urllib.request
from pathlib import Path

from parts.http import HTTP_PORT
from parts.process import Process, run
from parts.tls import ClientCa
from parts.waiting import eventually

PORT, MANAGEMENT_PORT, DNS_PORT, DNS_MANAGEMENT_PORT = 14000, 15000, 8053, 8055
UNUSED_PORT = 9  # of TLS-ALPN-01: nobody listens
NOBODY_ASKS = "/revoke-cert"
SYSTEM_ROOTS = Path("/etc/ssl/certs/ca-certificates.crt")
DAY_SECONDS = 86400


class ChallengeDns:
    """pebble-challtestsrv: every name has 127.0.0.1 until something else is said."""

    url = f"http://127.0.0.1:{DNS_MANAGEMENT_PORT}"
    address = f"127.0.0.1:{DNS_PORT}"

    def __init__(self):
        self.process: Process | None = None

    def start(self) -> "ChallengeDns":
        self.process = Process(["pebble-challtestsrv", "-http01=", "-https01=", "-tlsalpn01=", "-defaultIPv6=",
                                f"-dns01={self.address}", f"-management=127.0.0.1:{DNS_MANAGEMENT_PORT}"])
        eventually(lambda: self._post("clear-txt", host="up."), what="challtestsrv answers")
        return self

    def _post(self, what: str, **about) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/{what}", json.dumps(about).encode(), timeout=5).close()
        except urllib.error.URLError as error:
            raise ConnectionError(str(error)) from error
        return True

    def set_addresses(self, name: str, *addresses: str) -> None:
        of_each_kind = {"a": [a for a in addresses if ":" not in a], "aaaa": [a for a in addresses if ":" in a]}
        for kind, theirs in of_each_kind.items():
            self._post(f"clear-{kind}", host=f"{name}.")
            if theirs:
                self._post(f"add-{kind}", host=f"{name}.", addresses=theirs)

    def fail(self, name: str) -> None:
        """Every question about the name gets SERVFAIL."""
        self._post("set-servfail", host=f"{name}.")

    def mend(self, name: str) -> None:
        self._post("clear-servfail", host=f"{name}.")

    def set_txt(self, name: str, text: str) -> None:
        self._post("set-txt", host=f"{name}.", value=text)

    def clear_txt(self, name: str) -> None:
        self._post("clear-txt", host=f"{name}.")


class Pebble:
    """`settings` are pebble's own, in its configuration file; `environment` is what else it can be told. A name that it
    has found to be an account's, it takes for that one time in a hundred, without another look, whatever it is told."""

    url = f"https://localhost:{PORT}/dir"

    def __init__(self, place: Path, http_port: int = HTTP_PORT, lifetime_seconds: int = 90 * DAY_SECONDS,
                 rejected_nonces: int = 0, environment: dict | None = None, **settings):
        place.mkdir(exist_ok=True)
        self.place = place
        authority = ClientCa(place / "ca")
        self.roots, (self.certificate, self.key) = authority.certificate, authority.issue("localhost")
        self.dns = ChallengeDns()
        self.process: Process | None = None
        self.environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0",
                            "PEBBLE_WFE_NONCEREJECT": str(rejected_nonces), **(environment or {})}
        (place / "pebble.json").write_text(json.dumps({"pebble": {
            "listenAddress": f"127.0.0.1:{PORT}", "managementListenAddress": f"127.0.0.1:{MANAGEMENT_PORT}",
            "certificate": str(self.certificate), "privateKey": str(self.key), "httpPort": http_port,
            "tlsPort": UNUSED_PORT, "ocspResponderURL": "", "externalAccountBindingRequired": False,
            "certificateValidityPeriod": lifetime_seconds, **settings}}))

    def start(self) -> "Pebble":
        if not self.dns.process:
            self.dns.start()
        self.process = Process(["pebble", "-config", self.place / "pebble.json", "-dnsserver", self.dns.address],
                               env=self.environment)
        eventually(lambda: self.fetch(self.url), what="pebble answers")
        return self

    def stop(self) -> None:
        self.process.kill()

    def restart(self) -> None:
        """It knows no account any more, and issues from another root."""
        self.stop()
        self.start()

    def fetch(self, url: str, body: bytes | None = None) -> str:
        """What it answers, good or bad."""
        context = ssl.create_default_context(cafile=self.roots)
        try:
            with urllib.request.urlopen(url, body, timeout=5, context=context) as reply:
                return reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()
        except urllib.error.URLError as error:
            raise ConnectionError(str(error)) from error

    def root(self, number: int = 0) -> str:
        """The root of what it issues, PEM; others than the first come with PEBBLE_ALTERNATE_ROOTS."""
        return self.fetch(f"https://localhost:{MANAGEMENT_PORT}/roots/{number}")

    def _logged(self, text: str) -> int:
        return sum(text in line.text for line in self.process.lines)

    def _count(self, text: str) -> int:
        """In its log up to now: behind a request that nobody else makes, for the log comes through a pipe."""
        if self.process.is_running:
            before = self._logged(NOBODY_ASKS)
            self.fetch(self.url.replace("/dir", NOBODY_ASKS), b"")
            eventually(lambda: self._logged(NOBODY_ASKS) > before, what="pebble has logged a request")
        return self._logged(text)

    # Since its start:

    @property
    def accounts(self) -> int:
        return self._count("accounts in memory")

    @property
    def orders(self) -> int:
        return self._count("Added order ")

    @property
    def issued(self) -> int:
        return self._count("Issued certificate serial ")

    def attempts(self, name: str) -> int:
        """How often it was told that the challenge of that name may be looked at."""
        return self._count(f'Value:"{name}"')


class SystemTrust:
    """Roots that all on this machine believe, as after update-ca-certificates; in this mount namespace alone."""

    def __init__(self, place: Path, roots: Path):
        self.bundle = place / "ca-certificates.crt"
        self.bundle.write_bytes(SYSTEM_ROOTS.read_bytes() + roots.read_bytes())

    def __enter__(self) -> "SystemTrust":
        subprocess.run(["mount", "--bind", self.bundle, SYSTEM_ROOTS], check=True)
        return self

    def __exit__(self, *_) -> None:
        subprocess.run(["umount", "-l", SYSTEM_ROOTS], check=True)
