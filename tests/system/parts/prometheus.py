"""Debian's Prometheus, its promtool, and its exporter of a host's text files."""
import json
import urllib.parse
from pathlib import Path

from parts.http import fetch
from parts.process import Process, run
from parts.waiting import eventually

PROMETHEUS_PORT = 9190
EXPORTER_PORT = 9191


def promtool(*arguments, text: str = "") -> str:
    """What it says; fails where it finds something wrong, be it a matter of style."""
    done = run(["promtool", *arguments], text=text)
    assert done.status == 0, f"{done.output}{done.errors}"
    return done.output + done.errors


class Prometheus:
    """Scrapes these targets every 200 ms and evaluates these rules."""

    def __init__(self, place: Path, targets: dict[str, str], rules: list[Path] = ()):
        place.mkdir()
        jobs = [{"job_name": job, "static_configs": [{"targets": [target]}]} for job, target in targets.items()]
        configuration = place / "prometheus.yml"
        configuration.write_text(json.dumps({  # which is YAML too
            "global": {"scrape_interval": "200ms", "scrape_timeout": "200ms", "evaluation_interval": "200ms"},
            "rule_files": [str(rule) for rule in rules], "scrape_configs": jobs}))
        self.process = Process(["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={place}/data",
                                f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}"])
        eventually(lambda: fetch("127.0.0.1", "/-/ready", port=PROMETHEUS_PORT).status == 200, 60, "Prometheus is ready")

    def _ask(self, path: str, **query):
        asked = f"/api/v1/{path}?{urllib.parse.urlencode(query)}"
        reply = fetch("127.0.0.1", asked, port=PROMETHEUS_PORT).json()
        assert reply["status"] == "success", reply
        return reply["data"]

    def value(self, expression: str) -> float:
        """Of an expression that comes to one sample; NaN where it comes to none."""
        samples = self._ask("query", query=expression)["result"]
        assert len(samples) <= 1, samples
        return float(samples[0]["value"][1] if samples else "nan")

    def alerts(self) -> dict[str, str]:
        """Those that are pending or firing, and which of it."""
        return {alert["labels"]["alertname"]: alert["state"] for alert in self._ask("alerts")["alerts"]}


class NodeExporter:
    """Tells what is in the text files of a directory."""

    def __init__(self, directory: Path):
        self.process = Process([
            "prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{EXPORTER_PORT}",
            "--collector.disable-defaults", "--collector.textfile", f"--collector.textfile.directory={directory}"])
        eventually(lambda: self.metrics() != "", what="node_exporter answers")

    def metrics(self) -> str:
        answer = fetch("127.0.0.1", "/metrics", port=EXPORTER_PORT)
        assert answer.status == 200
        return answer.body
