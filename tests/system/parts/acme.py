"""What stands between the tests and a CA: the drivers, curl as a client that verifies, and drivers that misbehave."""
from pathlib import Path

from parts.http import HTTP_PORT, HTTPS_PORT
from parts.process import run
from parts.programs import SOURCE

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
