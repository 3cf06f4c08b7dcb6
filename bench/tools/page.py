"""docs/performance.md: what stands between its marks is written here, from one run of everything."""
import re
import subprocess
from datetime import date
from pathlib import Path

from tools.table import Row

BEGIN, END = "<!-- made by make bench: begin -->", "<!-- made by make bench: end -->"
COLUMNS = ["what", "target", "measured", "beside it", "ratio", "verdict"]


def machine() -> str:
    cpu = re.search(r"(?m)^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text())
    cores = Path("/proc/cpuinfo").read_text().count("\nprocessor") + 1
    memory = int(re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())[1]) // 1024 ** 2
    system = re.search(r'(?m)^PRETTY_NAME="(.*)"', Path("/etc/os-release").read_text())
    return (f"{cpu[1] if cpu else 'unknown CPU'}, {cores} cores, {memory} GiB; {system[1] if system else 'unknown system'}, "
            f"Linux {Path('/proc/sys/kernel/osrelease').read_text().strip()}")


def versions() -> str:
    def said(*command: str, pattern: str) -> str:
        try:
            done = subprocess.run(command, capture_output=True, text=True)
        except FileNotFoundError:
            return "none"
        found = re.search(pattern, done.stdout + done.stderr)
        return found[1] if found else "unknown"

    redis = said("redis-server", "--version", pattern=r"v=(\S+)")
    nginx = said("nginx", "-v", pattern=r"nginx/(\S+)")
    engine = said("dockerd", "--version", pattern=r"version ([^, ]+)")
    return f"Redis {redis}, nginx {nginx}, Docker Engine {engine}"


def table(rows: list[Row]) -> str:
    cells = [[row.what, row.target, row.measured, row.beside, row.ratio, row.verdict] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in [COLUMNS, ["---"] * len(COLUMNS), *cells])


def write(page: Path, rows: list[Row], runs: int, load: float, minutes: float) -> None:
    """`load`: of the machine, before anything was measured."""
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found, f"{page} has lost the marks of make bench"
    made = (f"One run of `make bench` on {date.today().isoformat()}, {minutes:.0f} minutes; {runs} runs a figure; the load before it "
            f"began was {load:.1f}.\n\nMachine: {machine()}. {versions()}.\n\n{table(rows)}")
    page.write_text(f"{before}{BEGIN}\n{made}\n{END}{after}")
