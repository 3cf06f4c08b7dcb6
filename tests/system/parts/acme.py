"""What stands between the tests and a CA: the drivers, curl as a client that verifies, and drivers that misbehave."""
from pathlib import Path

from parts.http import HTTP_PORT, HTTPS_PORT
from parts.process import run
from parts.programs import SOURCE
from parts.tls import make_certificate

DRIVERS = SOURCE / "consumer" / "certs" / "drivers"
# lego asks name servers that tests do not have whether the record is to be seen.
LEGO_DNS = "--dns.resolvers=127.0.0.1:8053 --dns.disable-cp"
CLIENTS = ["lego", "certbot", "uacme"]


def certs_options(pebble, client: str | Path = "lego") -> list[str]:
    """An edge that has its certificates from `pebble`, and is impatient."""
    return ["--output=nginx", "--output=certs", f"--acme-client={DRIVERS / client}", f"--acme-ca={pebble.url}",
            f"--acme-ca-roots={pebble.roots}", "--acme-email=admin@example.org",
            f"--acme-self-check=http://127.0.0.1:{HTTP_PORT}", "--acme-retry=2"]




def curl(host: str, root: Path, address: str = "127.0.0.1") -> int:
    """The status over HTTPS, 0 where the handshake fails or the certificate is not one for the host from that root."""
    asked = run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", root, "--max-time", "5", "--noproxy",
                 "*", "--resolve", f"{host}:{HTTPS_PORT}:{address}", f"https://{host}:{HTTPS_PORT}/"])
    return int(asked.output or 0)


class Driver:
    """A driver of the tests' own: shell, with the environment that beachhead-acme-driver(7) describes."""

    def __init__(self, path: Path, issue: str, account: str = "exit 0"):
        path.write_text(f"#!/bin/sh\nset -u\nif [ \"$1\" = account ]; then\n{account}\nfi\n{issue}\n")
        path.chmod(0o755)
        self.path = path


class DriverCa(Driver):
    """A CA and its client in one, without a network: a driver that signs what it is asked to, and writes down each call.
    It waits before it answers while `hold()` holds."""

    def __init__(self, place: Path):
        place.mkdir(parents=True, exist_ok=True)
        self.log, self.held, self.failing = place / "calls", place / "held", place / "failing"
        certificate, key = make_certificate(place, "ca.example.org")
        self.root_file = certificate
        super().__init__(
            place / "driver",
            f"echo \"issue $BEACHHEAD_NAMES\" >>{self.log}\nwhile [ -e {self.held} ]; do sleep 0.05; done\n"
            f"[ ! -e {self.failing} ] || exit 1\n"
            f"exec openssl x509 -req -in \"$BEACHHEAD_CSR\" -copy_extensions copy -CA {certificate} -CAkey {key} "
            "-set_serial \"0x$(openssl rand -hex 8)\" -days 30 -out \"$BEACHHEAD_OUT/chain.pem\"",
            f"echo account >>{self.log}; exit 0")

    def hold(self) -> None:
        self.held.touch()

    def let_go(self) -> None:
        self.held.unlink(missing_ok=True)

    def fail(self) -> None:
        self.failing.touch()

    @property
    def orders(self) -> list[str]:
        """The names of each, with a space between them."""
        calls = self.log.read_text().splitlines() if self.log.exists() else []
        return [c.removeprefix("issue ") for c in calls if c.startswith("issue ")]

    def options(self) -> list[str]:
        """For a consumer whose only output are certificates from here."""
        return ["--output=certs", f"--acme-client={self.path}", "--acme-email=admin@example.org", "--acme-self-check=none",
                "--acme-retry=600"]
