"""confd: the real ones where tests/install-confd got them, and always a stand-in of our own, tests/confd. The stand-in
does what confd documents; that a template works with it does not prove that it works with a real one."""
from dataclasses import dataclass
from pathlib import Path

from parts.process import Ended, Process, run
from parts.programs import SOURCE
from parts.redis import Redis

TEMPLATES = SOURCE / "confd-templates"
STAND_IN = SOURCE / "build/confd"
REAL = SOURCE / "build/confds"
OLD_STYLE, NEW_STYLE = ["-backend", "redis"], ["redis"]  # their command lines begin differently


@dataclass
class Confd:
    name: str
    program: Path
    style: list[str]

    def __str__(self) -> str:
        return self.name

    @property
    def is_real(self) -> bool:
        return self.program != STAND_IN

    def _command(self, redis: Redis, directory: Path, *options: str) -> list:
        assert self.program.exists(), f"{self.program} is not built: run make confd-stand-in"
        dash = "-" if self.style == OLD_STYLE else "--"
        named = {"node": f"127.0.0.1:{redis.port}", "confdir": directory}
        return [self.program, *self.style, *(word for name, value in named.items() for word in (dash + name, value)),
                *(dash + option for option in options)]

    def once(self, redis: Redis, directory: Path, env: dict | None = None) -> Ended:
        return run(self._command(redis, directory, "onetime"), env=env)

    def watch(self, redis: Redis, directory: Path, env: dict | None = None) -> Process:
        return Process(self._command(redis, directory, "watch"), env=env)


def all_confds() -> list[Confd]:
    real = {"kelseyhightower": OLD_STYLE, "abtreece": NEW_STYLE}
    return [Confd("stand-in", STAND_IN, OLD_STYLE),
            *(Confd(name, REAL / name / "confd", style) for name, style in real.items()
              if (REAL / name / "confd").exists())]


CONFDS = all_confds()


class Confdir:
    """What confd is configured by: some of our resources, with their files elsewhere and without their commands, which
    need a server; templates of a test's own."""

    def __init__(self, place: Path):
        self.place = place
        for name in ("conf.d", "templates"):
            (place / name).mkdir(parents=True)

    def add(self, name: str, dest: Path) -> Path:
        """beachhead-NAME, written to `dest`."""
        return self.add_template(name, dest, (TEMPLATES / f"templates/beachhead-{name}.tmpl").read_text())

    def add_template(self, name: str, dest: Path, text: str) -> Path:
        (self.place / f"conf.d/{name}.toml").write_text(
            f'[template]\nsrc = "{name}.tmpl"\ndest = "{dest}"\nkeys = ["/beachhead"]\n')
        (self.place / f"templates/{name}.tmpl").write_text(text)
        return dest
