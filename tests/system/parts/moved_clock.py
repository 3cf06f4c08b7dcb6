"""The clock of a server, moved while it runs (libfaketime hangs Redis)."""
import mmap
import struct
import subprocess
from pathlib import Path

SHIM = Path(__file__).with_suffix(".c")


class MovedClock:
    """Give `environment` to what is started; move_to() then moves its clock."""

    def __init__(self, place: Path):
        place.mkdir()
        library, file = place / "moved-clock.so", place / "offset"
        subprocess.run(["cc", "-shared", "-fPIC", "-o", library, SHIM, "-ldl"], check=True)
        file.write_bytes(bytes(8))
        with file.open("r+b") as opened:
            self._offset = mmap.mmap(opened.fileno(), 8)
        self.environment = {"LD_PRELOAD": str(library), "CLOCK_OFFSET_FILE": str(file)}

    def move_to(self, seconds: int) -> None:
        """That far from the true time."""
        self._offset[:] = struct.pack("=q", seconds)
