"""Certificates for the tests, made by the openssl tool."""
import ctypes
import os
import shutil
import ssl
from pathlib import Path

from parts.process import run


def make_certificate(directory: Path, name: str, *more_names: str, file_name: str = "",
                     days: int = 30, ocsp: str = "") -> tuple[Path, Path]:
    """Writes <name>.crt and <name>.key, self-signed for the names, and returns both paths. `ocsp` is the URL of the
    responder that it names."""
    directory.mkdir(parents=True, exist_ok=True)
    certificate, key = (directory / f"{file_name or name}.{suffix}" for suffix in ("crt", "key"))
    staged = directory.parent / f"{file_name or name}.new"
    alternatives = ",".join(f"DNS:{n}" for n in (name, *more_names))
    access = ["-addext", f"authorityInfoAccess=OCSP;URI:{ocsp}"] if ocsp else []
    made = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", days, "-subj", f"/CN={name}", "-keyout", key, "-out", staged,
                "-addext", f"subjectAltName={alternatives}", *access])
    assert made.status == 0, made.errors
    staged.rename(certificate)  # with its key there, as any tool should do it
    return certificate, key


class CompanionLayout:
    """A certificate as acme-companion lays it out: <base>/fullchain.pem, and links to it by the name of each domain."""

    _AT_FDCWD, _RENAME_EXCHANGE = -100, 2

    def __init__(self, directory: Path, *names: str):
        self.names, self.base = names, directory / names[0]
        self.make(self.base)
        for name in names:
            for suffix, file in ("key", "key.pem"), ("chain.pem", "chain.pem"), ("crt", "fullchain.pem"):
                (directory / f"{name}.{suffix}").symlink_to(f"./{names[0]}/{file}")

    def renew(self, made: Path | None = None) -> None:
        """All files at once: the folder is exchanged with a new one, which is hidden until then. It is made now, or a
        copy of `made`."""
        staged = self.base.parent / f".{self.base.name}.new"
        shutil.copytree(made, staged) if made else self.make(staged)
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.renameat2(self._AT_FDCWD, os.fsencode(staged), self._AT_FDCWD, os.fsencode(self.base),
                          self._RENAME_EXCHANGE) != 0:
            raise OSError(ctypes.get_errno(), "renameat2")
        shutil.rmtree(staged)

    @property
    def certificate(self) -> bytes:
        """The one that lies there, DER."""
        return ssl.PEM_cert_to_DER_cert((self.base / "cert.pem").read_text())

    def make(self, folder: Path) -> Path:
        certificate, key = make_certificate(folder, *self.names)
        certificate.rename(folder / "cert.pem")
        key.rename(folder / "key.pem")
        for name in ("fullchain.pem", "chain.pem"):
            shutil.copy(folder / "cert.pem", folder / name)
        return folder


class ClientCa:
    """A CA that gives certificates to clients, and to servers, and says which it has revoked."""

    def __init__(self, place: Path):
        place.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.certificate, self._key = make_certificate(place, "ca.example.org")
        (place / "index").touch()
        (place / "cnf").write_text(f"[ca]\ndatabase = {place}/index\ndefault_md = sha256\n")

    def issue(self, name: str) -> tuple[Path, Path]:
        certificate, key, request = (self.place / f"{name}.{suffix}" for suffix in ("crt", "key", "csr"))
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                      f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-copy_extensions", "copy", "-CA", self.certificate, "-CAkey",
                      self._key, "-CAcreateserial", "-days", 30, "-out", certificate)
        return certificate, key

    def revoke(self, certificate: Path) -> None:
        self._ca("-revoke", certificate)

    def list_revoked(self, path: Path) -> None:
        """Writes the list, as it is now, beside `path` and puts it there."""
        staged = self.place / "crl.new"
        self._ca("-gencrl", "-crldays", 30, "-out", staged)
        staged.rename(path)

    def _ca(self, *arguments) -> None:
        self._openssl("ca", "-config", self.place / "cnf", "-name", "ca", "-cert", self.certificate, "-keyfile",
                      self._key, *arguments)

    @staticmethod
    def _openssl(*arguments) -> None:
        done = run(["openssl", *arguments])
        assert done.status == 0, done.errors
