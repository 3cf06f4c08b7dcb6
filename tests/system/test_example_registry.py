"""examples/registry/: shows what it claims; another client, skopeo, has images of 50 MB and more go there and back."""
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import time
from pathlib import Path

from parts.examples import Example, in_a_shell
from parts.process import Ended, run

HOST = "registry.example.org"
USER, PASSWORD = "tester", "s3cret"
MIB = 1 << 20
EDGE_BODY_MIB = 100  # what an edge lets through where nobody says more
DOCKER = "application/vnd.docker"


def make_image(directory: Path, size: int) -> Path:
    """An image as skopeo keeps it in a directory."""
    directory.mkdir()

    def add(blob: bytes, kind: str) -> dict:
        digest = hashlib.sha256(blob).hexdigest()
        (directory / digest).write_bytes(blob)
        return {"mediaType": f"{DOCKER}.{kind}", "size": len(blob), "digest": f"sha256:{digest}"}

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("payload")
        member.size = size
        tar.addfile(member, io.BytesIO(os.urandom(size)))
    layer = archive.getvalue()
    layers = [add(gzip.compress(layer, compresslevel=0), "image.rootfs.diff.tar.gzip")]
    config = {"architecture": "amd64", "os": "linux", "config": {},
              "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]}}
    (directory / "manifest.json").write_text(json.dumps({
        "schemaVersion": 2, "mediaType": f"{DOCKER}.distribution.manifest.v2+json",
        "config": add(json.dumps(config).encode(), "container.image.v1+json"), "layers": layers}))
    (directory / "version").write_text("Directory Transport Version: 1.1\n")
    return directory


class Skopeo:
    """A client that believes certificates of the example's CA, and has a password of its own."""

    def __init__(self, example: Example, place: Path):
        self.example, self.place, self.roots = example, place, place / "roots"
        self.roots.mkdir()
        (self.roots / "ca.crt").write_bytes((example.directory / "root.pem").read_bytes())
        hashed = run(["openssl", "passwd", "-6", "-stdin"], text=PASSWORD).output
        with (example.directory / "htpasswd" / HOST).open("a") as file:
            file.write(f"{USER}:{hashed}")

    def copy(self, source: str, destination: str, password: str = PASSWORD, roots: Path | None = None) -> Ended:
        side = "src" if source.startswith("docker:") else "dest"
        return self.example.run_inside(
            "skopeo", "copy", "--insecure-policy", f"--{side}-cert-dir={roots or self.roots}",
            f"--{side}-creds={USER}:{password}" if password else f"--{side}-no-creds", source, destination)

    def round_trip(self, name: str, mib: int) -> str:
        """Pushes an image of its own, pulls it and compares; returns how long either took."""
        image, back, there = make_image(self.place / name, mib * MIB), self.place / "back", f"docker://{HOST}/{name}"
        times = []
        for source, destination in (f"dir:{image}", there), (there, f"dir:{back}"):
            begun = time.monotonic()
            done = self.copy(source, destination)
            assert done.status == 0, done.errors
            times.append(time.monotonic() - begun)
        differing = run(["diff", "-r", image, back])
        assert differing.status == 0, differing.output
        shutil.rmtree(back)
        return "{} MB pushed in {:.1f} s, pulled in {:.1f} s".format(mib, *times)


def serial(example: Example) -> str:
    """Of the certificate that is served."""
    seen = example.run_inside("sh", "-c", f"openssl s_client -connect {HOST}:443 -servername {HOST} </dev/null"
                                          " | openssl x509 -noout -serial")
    assert seen.status == 0, seen.errors
    return seen.output


def check_refusals(skopeo: Skopeo, place: Path) -> None:
    for password in "", "wrong":
        pulled = skopeo.copy(f"docker://{HOST}/before", f"dir:{place / 'refused'}", password)
        pushed = skopeo.copy(f"dir:{place / 'before'}", f"docker://{HOST}/refused", password)
        for refused in pulled, pushed:
            assert refused.status != 0 and "unauthorized" in refused.errors, refused.errors
    strangers = place / "strangers"
    strangers.mkdir()
    unknown = skopeo.copy(f"docker://{HOST}/before", f"dir:{place / 'refused'}", roots=strangers)
    assert unknown.status != 0 and "unknown authority" in unknown.errors, unknown.errors


def check_page(example: Example, place: Path) -> None:
    """A browser sees what is in the registry."""
    seen = example.run_inside(
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors", "--dump-dom",
        "--virtual-time-budget=10000", f"--user-data-dir={place / 'browser'}", f"https://{USER}:{PASSWORD}@{HOST}/")
    for image in "demo", "before":
        assert f"<li>{HOST}/{image}:latest</li>" in seen.output, seen.output


def test_an_image_goes_there_and_comes_back_with_a_password_alone_also_after_a_renewal(place, record_property):
    private, ours = place / "private", place / "ours"
    private.mkdir()
    ours.mkdir()
    example = Example("registry", private, KEEP="1")
    example.wait_for_log("with a certificate of", 100)
    skopeo, first = Skopeo(example, ours), serial(example)
    before = skopeo.round_trip("before", EDGE_BODY_MIB + 10)
    check_refusals(skopeo, ours)
    example.wait_for_log("Here a certificate lives", 60)
    check_page(example, ours)
    example.wait_for_log("another one is served now", 60)
    assert serial(example) != first
    after = skopeo.round_trip("after", 50)
    record_property("figures", f"registry: {before}; after a renewal {after}")
    environment, push, catalog, *others = example.wait_for_commands()
    assert example.number(r"requests meanwhile: (\d+), failed: 0") > 20
    in_a_shell(f"{environment}; {push}")
    assert '"mine/busybox"' in in_a_shell(catalog)
    for command in others:
        assert HOST in in_a_shell(command), command
    assert example.interrupt() == 130
    example.check_nothing_is_left()
