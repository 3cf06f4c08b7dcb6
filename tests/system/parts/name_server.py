"""A private BIND with one zone that takes updates, and questions to it."""
from pathlib import Path

from parts.process import Process, run
from parts.waiting import eventually

ZONE = "example.org"
PORT = 5300
FOREIGN = {"www.example.org": "198.51.100.1"}  # what stands in the zone already

CONFIGURATION = """
include "{place}/key";
options {{
    directory "{place}"; pid-file "{place}/pid"; session-keyfile "{place}/session.key"; managed-keys-directory "{place}";
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no; dnssec-validation no;
}};
controls {{ }};
zone "{zone}" {{
    type primary; file "{place}/zone"; allow-transfer {{ key beachhead; }};
    update-policy {{ grant beachhead zonesub A AAAA TXT; }};
}};
"""
RECORDS = """$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 1
@ NS ns
@ MX 10 mail
ns A 198.51.100.53
mail A 198.51.100.25
www A 198.51.100.1
www TXT "somebody else's"
alias CNAME www
"""


def ask(name: str, kind: str = "A", port: int = PORT) -> set[str]:
    """The data of the records that there are; none where nobody answers."""
    said = run(["dig", "@127.0.0.1", "-p", port, "+short", "+time=1", "+tries=1", name, kind])
    return {line for line in said.output.splitlines() if not line.startswith(";")}


class NameServer:
    def __init__(self, place: Path):
        place.mkdir()
        self.place = place
        self.key = place / "key"
        self.address = f"127.0.0.1#{PORT}"
        self.key.write_text(run(["tsig-keygen", "beachhead"]).output)
        (place / "zone").write_text(RECORDS)
        (place / "named.conf").write_text(CONFIGURATION.format(place=place, port=PORT, zone=ZONE))
        self.process: Process | None = None

    def start(self) -> "NameServer":
        self.process = Process(["named", "-g", "-c", self.place / "named.conf"])
        eventually(lambda: ask(ZONE, "SOA"), what="the name server answers")
        return self

    def stop(self) -> None:
        self.process.stop()

    def records(self) -> list[str]:
        """All of the zone but the SOA, whose number counts changes."""
        said = run(["dig", "@127.0.0.1", "-p", PORT, "-k", self.key, ZONE, "AXFR", "+noall", "+answer"])
        lines = (line.split(None, 4) for line in said.output.splitlines())
        return sorted(" ".join([name, kind, data]) for name, _, _, kind, data in lines if kind != "SOA")
