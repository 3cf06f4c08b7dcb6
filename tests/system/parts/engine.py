"""A real Docker Engine of our own, spoken to over its socket, and one small image."""
import contextlib
import http.client
import io
import json
import signal
import socket
import tarfile
import urllib.parse
from pathlib import Path

from parts.namespace import unmount_below
from parts.process import Process, running
from parts.waiting import eventually

IMAGE = "beachhead-app"

# Serves its host name on $PORTS; told to stop, it goes on for $SLOW seconds, as one that finishes its work.
APP = """#!/bin/sh
trap 'sleep ${SLOW:-0}; exit 0' TERM
trap 'echo hung up' HUP
mkdir -p /www
hostname > /www/index.html
for port in ${PORTS:-80}; do httpd -f -p $port -h /www & done
while :; do wait; done
"""
APPLETS = ["sh", "hostname", "httpd", "mkdir", "rm", "sleep", "test", "touch"]


class EngineError(Exception):
    pass


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


class Container:
    def __init__(self, engine: "Engine", identifier: str, name: str):
        self.engine, self.id, self.name = engine, identifier, name

    def inspect(self) -> dict:
        return self.engine.call("GET", f"/containers/{self.id}/json")

    @property
    def address(self) -> str:
        return self.inspect()["NetworkSettings"]["IPAddress"]

    def _act(self, verb: str, **query) -> None:
        self.engine.call("POST", f"/containers/{self.id}/{verb}", **query)

    def start(self) -> None:
        self._act("start")

    def stop(self, within: int = 10) -> None:
        """Returns when it has ended."""
        self._act("stop", t=within)

    def kill(self, name: str = "KILL") -> None:
        self._act("kill", signal=name)

    def pause(self) -> None:
        self._act("pause")

    def unpause(self) -> None:
        self._act("unpause")

    def rename(self, name: str) -> None:
        self._act("rename", name=name)
        self.name = name

    def remove(self) -> None:
        self.engine.call("DELETE", f"/containers/{self.id}", force="true", v="true")

    def execute(self, *command: str) -> None:
        made = self.engine.call("POST", f"/containers/{self.id}/exec", {"Cmd": list(command)})
        self.engine.call("POST", f"/exec/{made['Id']}/start", {"Detach": True})


class Engine:
    """dockerd with everything it owns below one directory. It starts when it is first needed."""

    def __init__(self, place: Path, prefix: list[str] = ()):
        """`prefix` stands before the command."""
        place.mkdir(exist_ok=True)
        self.place, self.prefix = place, list(prefix)
        self.socket = place / "docker.sock"
        self.url = f"unix://{self.socket}"
        self.settings = place / "daemon.json"
        self.settings.write_text("{}")
        self.process: Process | None = None
        self.images: list[str] = []

    def start(self) -> None:
        command = [*self.prefix, "dockerd", "-H", self.url, "--data-root", self.place / "data", "--exec-root",
                   self.place / "exec", "--pidfile", self.place / "pid", "--config-file", self.settings]
        self.process = Process(command, death_signal=signal.SIGTERM)
        if self.process in running:
            running.remove(self.process)  # it outlives the test that needed it first
        eventually(self._answers, 60, "dockerd answers")

    def _answers(self) -> bool:
        assert self.process.is_running, self.process.log
        try:
            return self.call("GET", "/_ping") == "OK"
        except (OSError, EngineError):
            return False

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """dockerd alone, as when it is upgraded or has crashed; start() brings it back."""
        self.process.signal(how)
        self.process.wait(60)
        # Its containerd ends with it; where nobody reaps that, dockerd would wait for it.
        (self.place / "exec/containerd/containerd.pid").unlink(missing_ok=True)

    @contextlib.contextmanager
    def live_restore(self):
        """While that is so, its containers survive its end."""
        self._set_live_restore(True)
        yield
        self._set_live_restore(False)

    def _set_live_restore(self, wanted: bool) -> None:
        self.settings.write_text(json.dumps({"live-restore": wanted}))
        self.process.signal(signal.SIGHUP)
        eventually(lambda: self.call("GET", "/info")["LiveRestoreEnabled"] == wanted)

    def heal(self) -> None:
        """Whatever a test left it in: it runs, and its containers end with it."""
        self.process.signal(signal.SIGCONT)
        if not self.process.is_running:
            self.start()
        if self.call("GET", "/info")["LiveRestoreEnabled"]:
            self._set_live_restore(False)

    def stop(self) -> None:
        self.remove_all()
        self.process.stop(60)
        unmount_below(self.place)

    def call(self, method: str, path: str, content: dict | bytes | None = None, **query):
        """One request; its reply from JSON where it is JSON."""
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        data = json.dumps(content).encode() if isinstance(content, dict) else content
        connection = _UnixConnection(self.socket, 90)
        try:
            connection.request(method, path, data, {"Content-Type": "application/json"} if data else {})
            reply = connection.getresponse()
            text = reply.read().decode()
        finally:
            connection.close()
        if reply.status >= 400:
            raise EngineError(f"{method} {path}: {reply.status} {text}")
        return json.loads(text) if text[:1] in ("{", "[") and "\n{" not in text else text

    def make_image(self, name: str = IMAGE, *changes: str) -> None:
        """Of the program above; `changes` are lines as in a Dockerfile."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add("/bin/busybox", "bin/busybox")
            for applet in APPLETS:
                link = tarfile.TarInfo(f"bin/{applet}")
                link.type, link.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(link)
            script = tarfile.TarInfo("app")
            script.size, script.mode = len(APP), 0o755
            tar.addfile(script, io.BytesIO(APP.encode()))
        self.call("POST", "/images/create", archive.getvalue(), fromSrc="-", repo=name, tag="latest",
                  changes=['CMD ["/app"]', "ENV PATH=/bin", *changes])
        self.images.append(name)

    def has_image(self, name: str) -> bool:
        try:
            return bool(self.call("GET", f"/images/{name}/json"))
        except EngineError:
            return False

    def create(self, name: str, environment: list[str] = (), labels: dict | None = None,
               ports: list[int] = (), published: dict[int, int] | None = None, health: str = "",
               network: str = "", **more) -> Container:
        """A container that does not run yet. `published` maps its ports to the host's, `health` is a shell
        command that is run five times a second, `more` goes into the request as it is."""
        published = published or {}
        settings = {
            "Image": IMAGE, "Hostname": "" if network == "host" else name, "Env": list(environment),
            "Labels": labels or {},
            "ExposedPorts": {f"{port}/tcp": {} for port in [*ports, *published]},
            "HostConfig": {"PortBindings": {f"{inner}/tcp": [{"HostPort": str(outer)}]
                                            for inner, outer in published.items()},
                           "NetworkMode": network or "default"},
            **more}
        if health:
            settings["Healthcheck"] = {"Test": ["CMD-SHELL", health], "Interval": 200_000_000, "Retries": 1,
                                       "Timeout": 5_000_000_000}
        made = self.call("POST", "/containers/create", settings, name=name)
        return Container(self, made["Id"], name)

    def run(self, name: str, *environment: str, **options) -> Container:
        """As `docker run -d --name NAME -e …`."""
        container = self.create(name, list(environment), **options)
        container.start()
        return container

    def serve(self, name: str, domains: str, *environment: str, **options) -> Container:
        """A container that asks for domains."""
        return self.run(name, f"BEACHHEAD_DOMAINS={domains}", *environment, **options)

    def remove_all(self) -> None:
        """But for the first image."""
        for listed in self.call("GET", "/containers/json", all="true"):
            self.call("DELETE", f"/containers/{listed['Id']}", force="true", v="true")
        self.call("POST", "/networks/prune")
        while len(self.images) > 1:
            self.call("DELETE", f"/images/{self.images.pop()}", force="true")
