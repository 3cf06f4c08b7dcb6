"""Certificates for the tests, made by the openssl tool."""
from pathlib import Path

from parts.process import run


def make_certificate(directory: Path, name: str, *more_names: str, file_name: str = "",
                     days: int = 30) -> tuple[Path, Path]:
    """Writes <name>.crt and <name>.key, self-signed for the names, and returns both paths."""
    directory.mkdir(parents=True, exist_ok=True)
    certificate, key = (directory / f"{file_name or name}.{suffix}" for suffix in ("crt", "key"))
    staged = directory.parent / f"{file_name or name}.new"
    alternatives = ",".join(f"DNS:{n}" for n in (name, *more_names))
    made = run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                "-nodes", "-days", days, "-subj", f"/CN={name}", "-keyout", key, "-out", staged,
                "-addext", f"subjectAltName={alternatives}"])
    assert made.status == 0, made.errors
    staged.rename(certificate)  # with its key there, as any tool should do it
    return certificate, key


class ClientCa:
    """A CA that gives certificates to clients, and says which it has revoked."""

    def __init__(self, place: Path):
        place.mkdir(parents=True, exist_ok=True)
        self.place = place
        self.certificate, self._key = make_certificate(place, "ca.example.org")
        (place / "index").touch()
        (place / "cnf").write_text(f"[ca]\ndatabase = {place}/index\ndefault_md = sha256\n")

    def issue(self, name: str) -> tuple[Path, Path]:
        certificate, key, request = (self.place / f"{name}.{suffix}" for suffix in ("crt", "key", "csr"))
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                      f"/CN={name}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                      "-days", 30, "-out", certificate)
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
