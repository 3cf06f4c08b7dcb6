"""A directory of files that describe what is not a container."""
from pathlib import Path


class Services:
    def __init__(self, place: Path):
        place.mkdir()
        self.place = place

    @property
    def option(self) -> str:
        return f"--services-dir={self.place}"

    def path(self, name: str) -> Path:
        return self.place / f"{name}.conf"

    def write(self, name: str, *pairs: str, **keys) -> None:
        """One line for each pair as it is, then one for each key; "_" there stands for "-" where a check is meant."""
        lines = [*pairs, *(f"{key.replace('check_', 'check-')}={value}" for key, value in keys.items())]
        self.path(name).write_text("\n".join([*lines, ""]))

    def serve(self, name: str, domains: str, endpoint: tuple[str, int], **keys) -> None:
        """All domains over HTTP, by that endpoint."""
        self.write(name, address=endpoint[0], domains=f"{domains}:http={endpoint[1]}", **keys)

    def remove(self, name: str) -> None:
        self.path(name).unlink()
