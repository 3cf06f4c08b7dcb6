"""examples/compose/: Beachhead in containers, of images that its Dockerfile makes, shows what it claims; and no container
has more than its work needs."""
import pytest

from parts.examples import Example, in_a_shell, make_example_debian
from parts.waiting import eventually

BUILD_SECONDS = 1200  # apt at work, and perhaps the compiler
SOCKET = "/var/run/docker.sock"
OURS = "redis", "registrar", "nginx", "consumer", "certs"


def check_who_has_what(example: Example) -> None:
    found = {name: example.inspect(f"compose_{name}_1") for name in OURS}
    mounted = {name: {mount["Destination"] for mount in seen["Mounts"]} for name, seen in found.items()}
    networks = {name: set(seen["NetworkSettings"]["Networks"]) for name, seen in found.items()}
    published = {name: {port for port, bound in seen["NetworkSettings"]["Ports"].items() if bound} for name, seen in found.items()}
    assert {name for name in OURS if SOCKET in mounted[name]} == {"registrar"}
    assert {name for name in OURS if mounted[name] & {"/redis", "/data"}} == set(OURS) - {"nginx"}
    assert networks == {"redis": {"none"}, "registrar": {"none"}, "nginx": {"compose_default", "beachhead"},
                        "consumer": {"compose_default"}, "certs": {"compose_default", "compose_ca"}}
    assert published == {**dict.fromkeys(OURS, set()), "nginx": {"80/tcp", "443/tcp"}}
    assert example.docker("network", "inspect", "-f", "{{.Internal}}", "compose_default") == "true\n"
    refused = example.run_inside("docker", "-H", f"unix://{example.directory}/docker.sock", "exec", "compose_nginx_1",
                                 "touch", "/edge/sites/more.conf")
    assert refused.status != 0 and "Read-only" in refused.errors, refused.errors


def request(example: Example, domain: str, *options: str) -> str:
    """What a visitor is answered, and the status."""
    return example.run_inside("curl", "-s", "-m", "5", "-w", "%{http_code}", "--connect-to", "::127.0.0.1:",
                              *options, domain).output


def check_broken_site(example: Example) -> None:
    """nginx's check in the consumer's container finds it; the others are not harmed."""
    example.docker("exec", "compose_consumer_1", "sh", "-c", "echo nonsense >/edge/vhost.d/broken.example.org")
    for name in "broken", "whole":
        example.docker("run", "-d", "--name", name, "--network", "beachhead", "-e", f"VIRTUAL_HOST={name}.example.org",
                       "busybox", "httpd", "-f")
    eventually(lambda: request(example, "http://whole.example.org/").endswith("404"), 60, "the whole site is served")
    said = example.run_inside("sh", "-c", f"docker -H unix://{example.directory}/docker.sock logs compose_consumer_1 2>&1")
    assert "broken.example.org (of broken) is set aside" in said.output, said.output
    assert request(example, "http://broken.example.org/").endswith("503")


@pytest.mark.long
@pytest.mark.parametrize("compile_again", ["", "1"], ids=["as built here", "compiled there"])
def test_in_containers_it_serves_a_project_beside_it(place, compile_again):
    make_example_debian()
    example = Example("compose", place, KEEP="1", COMPILE=compile_again)
    example.wait_for_log("Ctrl-C ends it", BUILD_SECONDS)
    environment, start, curl, *others = example.wait_for_commands()
    assert example.number(r"requests meanwhile: (\d+), failed: 0") > 5
    check_who_has_what(example)
    assert request(example, "http://www.example.org/").startswith("the web of ")
    assert request(example, "http://www.example.org/api/") == "the API\n200"
    assert request(example, "http://shop.example.org/").endswith("301")
    assert request(example, "https://shop.example.org/", "--cacert", str(example.directory / "root.pem")).endswith("404")
    check_broken_site(example)
    in_a_shell(f"{environment}; {start}")
    eventually(lambda: " 404 " in in_a_shell(curl), 60, "the container that was tried is served")
    for command in others:
        assert "mine.example.org" in in_a_shell(f"{environment}; {command} 2>&1"), command
    assert example.interrupt() == 130
    example.check_nothing_is_left()
