"""Debian's Chromium without a window, driven through chromedriver: a person who looks at a page and types.
Source: W3C WebDriver."""
import base64
import http.client
import json
import socket
from pathlib import Path

from parts.process import Process
from parts.waiting import eventually

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # how WebDriver names a reference to one
ANSWER_SECONDS = 120

KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "ArrowUp": "\ue013", "ArrowDown": "\ue015", "Tab": "\ue004"}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Browser:
    def __init__(self, place: Path, width: int = 1280, height: int = 900):
        self.port = free_port()
        self.driver = Process(["chromedriver", f"--port={self.port}"])
        eventually(self._is_ready, what="chromedriver listens")
        options = {"binary": "/usr/bin/chromium", "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
            f"--user-data-dir={place}", f"--window-size={width},{height}"]}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": options,
                                        "goog:loggingPrefs": {"browser": "ALL"}}}
        self.session = self._call("POST", "/session", {"capabilities": capabilities})["sessionId"]

    def _is_ready(self) -> bool:
        return self._call("GET", "/status")["ready"]

    def _call(self, method: str, path: str, body: dict | None = None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None)
            reply = connection.getresponse()
            value = json.loads(reply.read())["value"]
        finally:
            connection.close()
        assert reply.status == 200, value
        return value

    def _ask(self, what: str, body: dict | None = None):
        return self._call("POST" if body is not None else "GET", f"/session/{self.session}/{what}", body)

    def close(self) -> None:
        self._call("DELETE", f"/session/{self.session}")
        self.driver.stop()

    # What a person does

    def open(self, url: str) -> None:
        self._ask("url", {"url": url})

    def press(self, *keys: str) -> None:
        """Keys by name or as they stand on them, wherever the focus is."""
        actions = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self._ask("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def click(self, selector: str) -> None:
        element = self._ask("element", {"using": "css selector", "value": selector})[ELEMENT]
        self._ask(f"element/{element}/click", {})

    def look_like(self, width: int, height: int, dark: bool = False, phone: bool = False) -> None:
        """The size of the window, and what kind of device it is on."""
        self._devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                       deviceScaleFactor=2 if phone else 1, mobile=phone)
        self._devtools("Emulation.setEmulatedMedia",
                       features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def _devtools(self, command: str, **parameters):
        return self._ask("goog/cdp/execute", {"cmd": command, "params": parameters})

    # What is on the page

    def run(self, script: str, *arguments):
        """The value of a script with a `return`; its arguments are `arguments[0]` and so on."""
        return self._ask("execute/sync", {"script": script, "args": list(arguments)})

    def texts(self, selector: str) -> list[str]:
        """Of what is shown."""
        return self.run("return [...document.querySelectorAll(arguments[0])]"
                        ".filter(e => e.checkVisibility()).map(e => e.innerText)", selector)

    def complaints(self) -> list[str]:
        """What the browser itself found wrong: errors of scripts, what a policy forbids."""
        entries = self._ask("se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._ask("screenshot")))
