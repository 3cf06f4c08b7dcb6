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
