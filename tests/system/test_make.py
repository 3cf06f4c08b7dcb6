"""What `make` does besides building and testing: install and uninstall, the archive of a version, help."""
import hashlib
import os
import re
from pathlib import Path

import pytest

from parts.process import run
from parts.programs import CONSUMER, REGISTRAR, SOURCE

GIT = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
MAKE = ["make", "--no-print-directory", "-s"]


def make(*arguments: str, cwd: Path = SOURCE, mask: str = "022", env: dict | None = None, within: float = 300) -> str:
    done = run(["sh", "-c", 'umask "$0"; exec "$@"', mask, *MAKE, *arguments], cwd=cwd, env=env, within=within)
    assert done.status == 0, done.errors
    return done.output


def files(tree: Path) -> dict[str, int]:
    """All but directories, with their permissions."""
    return {str(path.relative_to(tree)): path.lstat().st_mode & 0o777 for path in tree.rglob("*") if not path.is_dir()}


def installed(tree: Path, *options: str, mask: str = "022") -> dict[str, int]:
    make("install", f"DESTDIR={tree}", *options, mask=mask)
    return files(tree)


def test_nothing_is_left_of_an_installation_but_directories_of_others(place):
    assert len(installed(place / "root")) > 30
    make("uninstall", f"DESTDIR={place}/root")
    left = list((place / "root").rglob("*"))
    assert [path for path in left if not path.is_dir() or "beachhead" in path.name] == []


def test_what_somebody_has_changed_or_put_there_stays(place):
    root, etc = place / "root", place / "root/etc/beachhead"
    installed(root)
    (etc / "consumer.conf").write_text("hsts=off\n")
    (etc / "services.d/wiki.conf").write_text("address=10.0.0.5\n")
    installed(root)
    assert (etc / "consumer.conf").read_text() == "hsts=off\n"
    make("uninstall", f"DESTDIR={root}")
    assert sorted(files(root)) == ["etc/beachhead/consumer.conf", "etc/beachhead/services.d/wiki.conf"]


def test_everybody_may_read_what_is_installed_whoever_installs_it(place):
    assert installed(place / "one", mask="077") == installed(place / "other", mask="000")
    for name, mode in files(place / "one").items():
        assert mode == (0o755 if re.search(r"/(sbin|drivers)/|consumers/\w+$", name) else 0o644), name


PLACES = {"PREFIX": "/opt/b", "SYSCONFDIR": "/opt/etc", "UNITDIR": "/opt/units", "SYSUSERSDIR": "/opt/users",
          "TMPFILESDIR": "/opt/tmpfiles", "SBINDIR": "/opt/sbin", "DATADIR": "/opt/share", "MANDIR": "/opt/man",
          "DRIVERDIR": "/opt/drivers", "BASHCOMPDIR": "/opt/bash", "ZSHCOMPDIR": "/opt/zsh"}


def test_every_place_may_be_another_one_and_the_texts_know(place):
    options = [f"{name}={path}" for name, path in PLACES.items()]
    names = installed(place / "root", *options)
    for name, path in PLACES.items():
        assert name == "PREFIX" or any(f"/{file}".startswith(f"{path}/") for file in names), name
    for file in names:
        if not file.startswith("opt/sbin/"):  # programs would have to be built anew
            text = (place / "root" / file).read_text()
            assert not re.search(r"/usr/local/(sbin|share|libexec)/|(?<!\w)/etc/beachhead\b", text), file
    assert "\nExecStart=/opt/sbin/beachhead-consumer --config=/opt/etc/beachhead/consumer.conf\n" in (
        place / "root/opt/units/beachhead-consumer.service").read_text()
    make("uninstall", f"DESTDIR={place}/root", *options)
    assert files(place / "root") == {}


def test_a_shell_finds_the_completion_of_both_programs(place):
    names = installed(place / "root")
    for program in (REGISTRAR.name, CONSUMER.name):
        assert f"usr/local/share/bash-completion/completions/{program}" in names
        assert f"usr/local/share/zsh/site-functions/_{program}" in names


def test_the_packages_hold_what_is_installed(place):
    """Each file that `make install` puts somewhere is in exactly one of them, in both as an alternative, or left out by name."""
    names = installed(place / "root", "PREFIX=/usr", "UNITDIR=/lib/systemd/system",
                      "ZSHCOMPDIR=/usr/share/zsh/vendor-completions")
    lists = [*(SOURCE / "debian").glob("*.install"), SOURCE / "debian/not-installed"]
    claims = [line for file in lists for line in file.read_text().split()]
    alternatives = re.findall(r"(?m)^Link: /(.*)\.gz$", "".join(
        file.read_text() for file in (SOURCE / "debian").glob("*.alternatives")))
    for name in names:
        if alternatives.count(name) == 2:
            continue
        path = place / "root" / name
        by = [claim for claim in claims if any(path.is_relative_to(found) for found in (place / "root").glob(claim))]
        assert len(by) == (0 if name.startswith("lib/systemd/") else 1), (name, by)


# The version

def test_the_version_stands_in_one_place():
    version = make("print-VERSION").strip()
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    for program in (REGISTRAR, CONSUMER):
        assert run([program, "--version"]).output == f"{program.name} {version}\n"
    changes = (SOURCE / "CHANGELOG.md").read_text()
    assert re.findall(r"(?m)^## (\d\S+)", changes)[0] == version
    for file in ["debian", "tests/build-packages", "common", "registrar", "consumer", "include", "systemd"]:
        found = run(["grep", "-rwF", version, SOURCE / file]).output
        assert found == "", found


@pytest.fixture
def clones(place) -> list[Path]:
    """Two of what is committed, whose files differ in time and permissions."""
    if not (SOURCE / ".git").exists():
        pytest.skip("this tree is no clone")
    made = [place / "one", place / "another"]
    for clone, mask in zip(made, ("022", "077")):
        done = run(["sh", "-c", f"umask {mask}; git clone -q --shared {SOURCE} {clone}"], env=GIT)
        assert done.status == 0, done.errors
    for path in made[0].rglob("*.c"):
        os.utime(path, (0, 0))
    return made


def archive(clone: Path, mask: str, zone: str) -> Path:
    return clone / make("dist", cwd=clone, mask=mask, env={"TZ": zone, **GIT}).strip()


def unpacked(tarball: Path, where: Path) -> Path:
    assert run(["tar", "xf", tarball, "-C", where]).status == 0
    return where / tarball.name.removesuffix(".tar.gz")


def test_an_archive_has_the_same_bytes_whoever_makes_it_and_is_all_that_is_committed(clones, place):
    made = [archive(clone, *how) for clone, how in zip(clones, [("022", "UTC"), ("077", "Asia/Tokyo")])]
    first, second = (hashlib.sha256(path.read_bytes()).hexdigest() for path in made)
    assert first == second
    tree = unpacked(made[0], place)
    committed = run(["git", "-C", clones[0], "ls-files"], env=GIT).output.splitlines()
    assert sorted(files(tree)) == sorted(committed)


@pytest.mark.long
def test_an_archive_is_enough_to_build_and_to_install(clones, place):
    tree = unpacked(archive(clones[0], "022", "UTC"), place)
    make("-j2", "programs", cwd=tree, env={"GIT_DIR": "/nonexistent"}, within=1200)
    make("install", f"DESTDIR={place}/root", cwd=tree)
    for program in (REGISTRAR, CONSUMER):
        made = place / "root/usr/local/sbin" / program.name
        assert run([made, "--version"]).output == run([program, "--version"]).output


# Help

def test_help_names_every_target_and_every_place():
    help_text = make("help")
    makefile = (SOURCE / "Makefile").read_text()
    targets = set(re.search(r"(?m)^\.PHONY: ((?:.*\\\n)*.*)", makefile)[1].replace("\\\n", " ").split())
    assert targets == set(re.findall(r"(?m)^  make ([a-z-]+) +\S", help_text))
    for name in ["DESTDIR", *PLACES]:
        assert re.search(rf"(?m)^  {name}=", help_text), name
