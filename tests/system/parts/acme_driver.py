"""Drivers of ACME clients, called as beachhead-consumer calls them, and what answers a CA in their place."""
import itertools
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import josepy

from parts.http import HTTP_PORT
from parts.process import die_with_parent, run
from parts.programs import SOURCE

DRIVERS = SOURCE / "consumer/certs/drivers"
DNS_HOOK = SOURCE / "tests/system/parts/dns-hook"
WITHIN_SECONDS = 120
DONE, FAILED, REFUSED, UNCHANGED, RETRY_AFTER = 0, 1, 2, 3, 4


def make_account_key(path: Path, kind: str = "EC") -> Path:
    options = {"EC": ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "RSA": ["RSA"]}[kind]
    _openssl("genpkey", "-algorithm", *options, "-out", path)
    return path


def thumbprint(account_key: Path) -> str:
    return josepy.b64.b64encode(josepy.JWK.load(account_key.read_bytes()).thumbprint()).decode()


def make_request(directory: Path, *names: str) -> Path:
    """A signing request for the names, and its key beside it."""
    key, request = directory / "key.pem", directory / "request.pem"
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/", "-addext",
             "subjectAltName=" + ",".join(f"DNS:{name}" for name in names), "-keyout", key, "-out", request)
    return request


def _openssl(*arguments) -> str:
    done = run(["openssl", *arguments])
    assert done.status == 0, done.errors
    return done.output


@dataclass
class Called:
    """What one call came to."""

    status: int
    out: Path
    said: str
    seconds: float

    def _read(self, name: str) -> str | None:
        path = self.out / name
        return path.read_text() if path.exists() else None

    @property
    def chain(self) -> str | None:
        return self._read("chain.pem")

    @property
    def reason(self) -> str:
        return (self._read("reason") or "").strip()

    @property
    def failed_names(self) -> list[str]:
        return (self._read("failed-names") or "").splitlines()

    @property
    def retry_after(self) -> int | None:
        seconds = self._read("retry-after")
        return int(seconds) if seconds else None


class AcmeDriver:
    """A driver with an account of its own; `terms` are the variables of all its calls."""

    def __init__(self, client: str, place: Path, **terms):
        self.program, self.place, self.numbers = DRIVERS / client, place, itertools.count(1)
        self.account_dir = place / "account"
        self.account_dir.mkdir(parents=True)
        self.account_key = terms.pop("account_key", None) or make_account_key(place / "account.pem")
        self.terms = {"EMAIL": "someone@example.org", "CHALLENGE": "http-01", **terms}

    def call(self, verb: str, *names: str, env: dict | None = None, **terms) -> Called:
        """`env` is the operator's."""
        scratch = self.place / f"call-{next(self.numbers)}"
        out = scratch / "out"
        out.mkdir(parents=True)
        variables = dict.fromkeys(["CA_ROOTS", "DNS", "EAB_KID", "EAB_HMAC_FILE", "PREFERRED_CHAIN", "PROFILE"], "")
        variables |= {"OUT": out, "ACCOUNT_KEY": self.account_key, "ACCOUNT_DIR": self.account_dir,
                      "NAMES": " ".join(names), "CSR": "", **self.terms}
        if names:
            variables["CSR"] = terms.pop("csr", None) or make_request(scratch, *names)
        variables |= terms
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.account_dir), "LANG": "C.UTF-8", **(env or {}),
                       **{f"BEACHHEAD_{name}": str(value) for name, value in variables.items()}}
        began = time.monotonic()
        done = subprocess.run([self.program, verb], env=environment, cwd="/", stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=WITHIN_SECONDS,
                              preexec_fn=die_with_parent(signal.SIGKILL))
        return Called(done.returncode, out, done.stdout.decode(errors="replace"), time.monotonic() - began)

    def make_account(self, **more) -> Called:
        called = self.call("account", **more)
        assert called.status == DONE, called.said
        return called


def names_of(chain: str) -> list[str]:
    """Of the first certificate."""
    shown = run_on(chain, "x509", "-noout", "-ext", "subjectAltName")
    return sorted(part.strip().removeprefix("DNS:") for part in shown.splitlines()[1].split(","))


def run_on(text: str, *arguments: str) -> str:
    """What openssl says with the text as its input."""
    done = subprocess.run(["openssl", *arguments], input=text, text=True, capture_output=True, check=True)
    return done.stdout


class StatelessChallenge:
    """What every edge answers HTTP-01 with: the token, and the account's thumbprint."""

    def __init__(self, account_thumbprint: str, port: int = HTTP_PORT):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer = f"{self.path.rsplit('/', 1)[1]}.{account_thumbprint}".encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
