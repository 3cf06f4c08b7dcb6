"""The page, in a real browser: what happens appears by itself, what is hostile stays text, and thousands of routes are
found as one types."""
import json
from pathlib import Path
from statistics import median

import pytest

from parts.registrations import hint, manifest, register, route
from parts.status import LISTEN, STATUS_PORT, ask, routes
from parts.tls import make_certificate
from parts.waiting import eventually

PAGE = f"http://127.0.0.1:{STATUS_PORT}/"
SEARCH_MSEC = 100
PICTURE_BYTES_MAX = 200_000


@pytest.fixture
def edge(consumer):
    program = consumer(LISTEN)
    program.start()
    eventually(lambda: ask("/healthz").status == 200)
    return program


@pytest.fixture
def page(edge, browser):
    browser.open(PAGE)
    eventually(lambda: browser.texts("#pulse") == ["updating live"])
    return browser


def names(browser) -> list[str]:
    """Of the routes that are shown, in their order."""
    return browser.texts(".row .name")


def shows(browser, *expected: str) -> None:
    eventually(lambda: names(browser) == list(expected), what=f"{expected} are shown, not {names(browser)}")


def state_of(browser, name: str) -> str:
    """The first word that a row says."""
    for text in browser.texts(".row"):
        if name in text.split():
            return text.split("\n")[0]
    return ""


def settled(browser) -> bool:
    return browser.run("return document.activeElement.id") == "search"


# by itself


def test_a_container_that_starts_while_the_page_is_open_appears_by_itself(page, engine, registrar):
    registrar("--node=n1").start()
    eventually(lambda: "Nothing is registered yet" in page.texts("#none")[0])
    container = engine.serve("app", "app.example.org")
    shows(page, "app.example.org")
    assert state_of(page, "app.example.org") == "Live"
    assert "app@n1" in page.texts(".row .by")
    eventually(lambda: any("n1" in text and "1 container" in text for text in page.texts("#parts li")))
    container.stop()
    eventually(lambda: state_of(page, "app.example.org").startswith("Lingering"))
    assert page.complaints() == []


def test_a_consumer_that_is_away_is_said_to_be_and_comes_back(page, edge, redis, backend):
    register(redis, "web", route("a.example.org", backend("a").endpoint))
    shows(page, "a.example.org")
    edge.stop()
    eventually(lambda: "no answer" in page.texts("#pulse")[0])
    assert names(page) == ["a.example.org"]
    edge.start()
    eventually(lambda: page.texts("#pulse") == ["updating live"])


def test_what_is_wrong_stands_first_and_says_why(page, redis, backend, nginx):
    (nginx.vhosts / "z-bad.example.org").write_text("no_such_directive on;\n")
    register(redis, "web", route("a.example.org", backend("a").endpoint), route("z-bad.example.org", ("10.0.0.1", 80)))
    register(redis, "lost@n1", route("y-lost.example.org", ("10.0.0.1", 80)))
    eventually(lambda: "y-lost.example.org" in names(page))
    redis.call("DEL", "/beachhead/lost@n1")
    shows(page, "z-bad.example.org", "y-lost.example.org", "a.example.org")
    eventually(lambda: "1 set aside, 1 held, a node is missing" == page.texts("#verdict")[0])
    page.click(".row")
    assert "no_such_directive" in page.texts(".details")[0]
    page.click("#filters button:nth-child(3)")
    shows(page, "y-lost.example.org")
    redis.stop()
    eventually(lambda: "Redis is away" in page.texts("#verdict")[0])


# hostile

MARKUP = "<img src=x onerror=window.hacked=1>"


def test_hostile_names_and_reasons_appear_as_text(page, redis, nginx, backend):
    register(redis, "domain", route(f"{MARKUP}.example.org", ("10.0.0.1", 80)),
             route("javascript:window.hacked=1", ("10.0.0.1", 80)))
    register(redis, "needs", route("needs.example.org", requires=[f"{MARKUP}"]))
    register(redis, "path", route("path.example.org", endpoint={"host": "10.0.0.1", "port": 80}, schemes=["http"],
                                  requires=["path"], path=f"/{MARKUP}\"'><script>window.hacked=1</script>"))
    (nginx.vhosts / "words.example.org").write_text('"<script>window.hacked=1</script>" on;\n')
    register(redis, "words", route("words.example.org", backend("w").endpoint))
    redis.call("SET", "/beachhead-nodes/n1", json.dumps(
        {"machine": "m1", "version": MARKUP, "engine": MARKUP, "containers": 1, "instances": []}))
    eventually(lambda: any("<script>window.hacked=1</script>" in text for text in page.texts(".row")))
    eventually(lambda: any(MARKUP in text for text in page.texts("#parts li")))
    eventually(lambda: sum(MARKUP in text for text in page.texts(".row")) >= 3)
    for row in range(len(page.texts(".row"))):
        page.run("document.querySelectorAll('.row')[arguments[0]].click()", row)
    eventually(lambda: len(page.texts(".details")) == len(page.texts(".row")))
    page.press("/", *"<img")
    eventually(lambda: len(page.texts(".row")) >= 3)
    assert page.run("return window.hacked") is None
    assert page.run("return document.querySelectorAll('main img, main script, main iframe').length") == 0
    assert page.run("return [...document.querySelectorAll('a')].every(a => /^https?:/.test(a.href))")
    assert page.complaints() == []


def test_the_browser_itself_lets_no_text_become_markup(page):
    failure = page.run("try { document.body.innerHTML = '<p>'; return 'taken' } catch (e) { return e.name }")
    assert failure == "TypeError"
    assert page.run("return new Promise(done => { const s = document.createElement('script');"
                    "try { s.text = 'window.hacked = 1'; document.body.append(s) } catch {} done(window.hacked) })") is None


def test_it_asks_nobody_else(page):
    asked = page.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert {url for url in asked if not url.startswith("data:")} == {f"{PAGE}status.json"}


# by hand


def test_it_is_used_by_keyboard(page, redis):
    register(redis, "web", *(route(f"{name}.example.org", ("10.0.0.1", 80)) for name in ("a", "b", "shop")))
    shows(page, "a.example.org", "b.example.org", "shop.example.org")
    page.press("/")
    assert settled(page)
    page.press(*"shop")
    shows(page, "shop.example.org")
    page.press("ArrowDown", "Enter")
    eventually(lambda: "10.0.0.1:80" in page.texts(".details")[0])
    assert page.run("return document.activeElement.ariaExpanded") == "true"
    page.press("Enter")
    assert page.texts(".details") == []
    page.press("Escape")
    shows(page, "a.example.org", "b.example.org", "shop.example.org")
    page.press("ArrowDown", "ArrowDown")
    assert "b.example.org" in page.run("return document.activeElement.innerText")
    register(redis, "first", route("aa.example.org", ("10.0.0.1", 80)))
    shows(page, "a.example.org", "aa.example.org", "b.example.org", "shop.example.org")
    assert "b.example.org" in page.run("return document.activeElement.innerText"), "the focus stays where it was"
    page.press("Tab", "Tab")
    assert not page.run("return document.activeElement.matches('.row')"), "nothing holds the focus"


def test_it_fits_a_phone(page, redis):
    long_name = "a-container-with-a-rather-long-name.in-a-department.of-some-organisation.example.org"
    register(redis, "web", route(long_name, ("fd00:1111:2222:3333:4444:5555:6666:7777", 8080)))
    redis.call("SET", "/beachhead-nodes/n1", manifest("m1"))
    shows(page, long_name)
    for width in (320, 390, 768, 1280):
        page.look_like(width, 700, phone=width < 700)
        page.run("document.querySelector('.row').click()")
        assert page.run("return document.documentElement.scrollWidth <= innerWidth"), f"too wide for {width}"


def test_light_and_dark_can_be_read(page):
    contrast = """
        const rgb = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const light = c => rgb(c).map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
        const style = getComputedStyle(document.documentElement), probe = document.createElement('i');
        document.body.append(probe);
        const of = name => { probe.style.color = `var(${name})`; return light(getComputedStyle(probe).color); };
        const grounds = ['--ground', '--card'].map(of);
        return ['--ink', '--soft', '--accent', '--live', '--held', '--lingering', '--aside'].flatMap(name =>
            grounds.map(g => { const [a, b] = [of(name), g].sort((x, y) => y - x); return [name, (a + .05) / (b + .05)]; }));
    """
    for dark in (False, True):
        page.look_like(1280, 800, dark=dark)
        found = page.run(contrast)
        assert [pair for pair in found if pair[1] < 4.5] == [], "below what WCAG 2.1 AA asks for"


# very many


def test_2000_routes_are_found_as_one_types(page, redis, record_property):
    for n in range(20):
        register(redis, f"c{n}", *(route(f"site{n * 100 + k}.example.org", ("10.0.0.1", 80)) for k in range(100)))
    eventually(lambda: any("2,000" in text for text in page.texts("#filters button")), 60)
    page.press("/", *"site1999")
    shows(page, "site1999.example.org")
    page.press("Escape", *"example 77")
    eventually(lambda: any("77" in name for name in names(page)))
    taken = page.run("return performance.getEntriesByName('search').map(e => e.duration)")
    # From the key to the picture, twice each: all routes, half of them, none.
    painted = page.run("""
        const times = [], search = document.getElementById('search');
        const frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));
        return (async () => {
            for (const words of ['', 'site1', 'nothing at all', '', '5', 'example']) {
                await frame();
                const began = performance.now();
                search.value = words;
                search.dispatchEvent(new Event('input'));
                await frame();
                times.push(performance.now() - began);
            }
            return times;
        })();
    """)
    record_property("figures", f"a search among 2,000 routes takes {median(taken):.0f} ms, {max(taken):.0f} at most; "
                               f"{median(painted):.0f} ms until it is painted")
    assert median(taken) < SEARCH_MSEC  # on a machine that does much else at the same time


def test_all_of_very_many_routes_can_be_reached(page, redis):
    register(redis, "web", *(route(f"site{n:03}.example.org", ("10.0.0.1", 80)) for n in range(350)))
    eventually(lambda: len(names(page)) >= 50)
    while page.texts("#rest button"):
        before = len(names(page))
        page.run("document.querySelector('#rest button').click()")
        eventually(lambda: len(names(page)) > before)
    assert names(page) == [f"site{n:03}.example.org" for n in range(350)]


# the picture in the documentation

HOSTS = ["shop", "blog", "api", "mail", "docs", "grafana", "wiki", "git", "registry", "cloud", "auth", "media", "chat"]
NODES = ["web1", "web2", "web3"]


def of_node(*instances: str) -> str:
    return json.dumps({**json.loads(manifest("m", *instances)), "version": "0.1.0"})


def furnish(redis, nginx) -> None:
    """A small company: three hosts, of which one is in trouble; one container that asks for too much."""
    def backend(n: int) -> tuple[str, int]:
        return (f"172.17.{n % 3}.{10 + n}", 8080)

    published: dict[str, list] = {node: [] for node in NODES}
    for n, name in enumerate(HOSTS):
        for replica in range(1 + (n % 3 == 0)):
            node = NODES[(n + replica) % 3]
            published[node].append((f"{name}-{replica + 1}", [route(f"{name}.example.org", backend(n + replica), implied=True)]))
        make_certificate(nginx.certs, f"{name}.example.org", days=9 if name == "auth" else 61 + n)
    published["web1"] += [
        ("api-v2", [route("api.example.org", endpoint={"host": "172.17.0.77", "port": 3000}, schemes=["http", "https"],
                          requires=["path"], path="/v2/")]),
        ("git-ssh", [route("ssh.example.org", endpoint={"host": "172.17.0.30", "port": 80}, schemes=["http"],
                           requires=["ports"], settings={"external_http_port": "2222"})])]
    published["web2"] += [("intranet", [route("intranet.example.org", backend(31))])]
    published["web3"] += [("old-shop", [route("old-shop.example.org", backend(32))])]
    for node, containers in published.items():
        for name, made in containers:
            register(redis, f"{name}@{node}", *made, lease=75 + len(name))
        redis.call("SET", f"/beachhead-nodes/{node}", of_node(*(f"{name}@{node}" for name, _ in containers)))


def test_a_picture_for_the_documentation(redis, nginx, consumer, browser, place, request):
    furnish(redis, nginx)
    consumer(LISTEN, f"--redis-url=redis://127.0.0.1:{redis.port}").start()
    eventually(lambda: routes().get("intranet.example.org/", {}).get("state") == "live")
    redis.call("DEL", "/beachhead/intranet@web2", "/beachhead-nodes/web2")
    redis.call("SET", "/beachhead-nodes/web3", of_node(*(f"{name}-1@web3" for name in HOSTS[2::3])))
    redis.call("DEL", "/beachhead/old-shop@web3")
    hint(redis, "intranet@web2")
    hint(redis, "old-shop@web3")
    browser.look_like(1280, 770)
    browser.open(PAGE)
    eventually(lambda: state_of(browser, "intranet.example.org").startswith("Held"))
    eventually(lambda: state_of(browser, "old-shop.example.org").startswith("Lingering"))
    eventually(lambda: state_of(browser, "ssh.example.org") == "Set aside")
    eventually(lambda: browser.texts("#verdict") == ["1 set aside, 1 held, a node is missing"])
    eventually(lambda: any("15 sites live" in text for text in browser.texts("#parts li")))
    browser.run("document.querySelector('.row').click()")
    eventually(lambda: browser.run("return document.getAnimations().length") == 0)
    picture = Path(request.config.getoption("--screenshot") or place / "status-page.png").resolve()
    browser.screenshot(picture)
    assert 20_000 < picture.stat().st_size < PICTURE_BYTES_MAX
    assert browser.complaints() == []
