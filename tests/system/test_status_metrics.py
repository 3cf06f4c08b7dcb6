"""Prometheus reads what both programs tell, and its rules notice what is wrong."""
import re

import pytest
import yaml

from parts.acme import Driver
from parts.http import fetch, served_by
from parts.programs import SOURCE
from parts.prometheus import EXPORTER_PORT, NodeExporter, Prometheus, promtool
from parts.registrations import register, route
from parts.status import LISTEN, STATUS_PORT, ask, figure, figures
from parts.tls import make_certificate
from parts.waiting import eventually

RULES = SOURCE / "examples/prometheus/alerts.yml"
EDGE = {"beachhead": f"127.0.0.1:{STATUS_PORT}"}


@pytest.fixture
def text_files(place):
    directory = place / "node-exporter"
    directory.mkdir()
    return directory


@pytest.fixture
def all_of_it(engine, registrar, consumer, nginx, text_files, place):
    """A container from the Engine to nginx, with everything that has a figure: a certificate too, and a reload."""
    make_certificate(nginx.certs, "app.example.org")
    registrar("--node=n1", f"--metrics-file={text_files}/beachhead.prom").start()
    edge = consumer(LISTEN, "--output=nginx", "--output=requests", "--output=certs", "--acme-self-check=none",
                    f"--acme-client={Driver(place / 'driver', 'exit 1').path}")
    edge.start()
    eventually(lambda: ask("/healthz").status == 200)
    container = engine.serve("app", "app.example.org")
    eventually(lambda: figure("beachhead_nginx_change_to_confirmed_seconds_count") >= 1)
    eventually(lambda: figure('beachhead_node_event_to_publish_seconds_count{node="n1"}') >= 1)
    return edge, container


def families(text: str) -> set[str]:
    return set(re.findall(r"(?m)^# TYPE (\S+)", text))


def test_promtool_finds_nothing_wrong_and_the_man_page_names_every_figure(all_of_it, redis, text_files):
    whole = ask("/metrics").body
    promtool("check", "metrics", text=whole)
    eventually(lambda: "event_to_publish_seconds_count 1" in (text_files / "beachhead.prom").read_text())
    promtool("check", "metrics", text=(text_files / "beachhead.prom").read_text())
    redis.stop()
    eventually(lambda: figure("beachhead_redis_up") == 0)
    away = ask("/metrics").body
    promtool("check", "metrics", text=away)
    page = (SOURCE / "docs/beachhead-consumer.8").read_text()
    named = {name for item in re.findall(r"(?m)^\.It Li (beachhead_.*)$", page) for name in item.split(" , ")}
    assert named == families(whole) | families(away)


def test_the_figures_are_true(all_of_it, redis, nginx):
    edge, container = all_of_it
    before = figures(ask("/metrics").body)
    assert before['beachhead_sites{state="live"}'] == 1
    assert before['beachhead_node_containers{node="n1"}'] == 1
    assert before['beachhead_node_engine_up{node="n1"}'] == 1
    assert before["beachhead_nginx_reloads_total"] == nginx.reloads
    assert before["beachhead_nginx_certificates"] == 1
    assert 0 < before['beachhead_node_event_to_publish_seconds_sum{node="n1"}'] < 60
    container.stop()
    eventually(lambda: figure('beachhead_sites{state="lingering"}') == 1)
    eventually(lambda: figure("beachhead_nginx_reloads_total") == nginx.reloads > before["beachhead_nginx_reloads_total"])
    assert figure("beachhead_changes_total") > before["beachhead_changes_total"]
    eventually(lambda: figure('beachhead_node_containers{node="n1"}') == 0)
    register(redis, "lost@n2", route("lost.example.org", ("10.0.0.1", 80)))
    eventually(lambda: figure('beachhead_node_up{node="n2"}') == 0)
    redis.call("DEL", "/beachhead/lost@n2")
    eventually(lambda: figure('beachhead_sites{state="held"}') == 1)


def test_prometheus_scrapes_it_and_alerts(all_of_it, redis, place):
    prometheus = Prometheus(place / "prometheus", EDGE, [RULES])
    eventually(lambda: prometheus.value('up{job="beachhead"}') == 1)
    eventually(lambda: prometheus.value('beachhead_sites{state="live"}') == 1)
    eventually(lambda: prometheus.value("histogram_quantile(0.5, beachhead_nginx_reload_seconds_bucket)") > 0)
    assert prometheus.alerts() == {}
    redis.stop()
    eventually(lambda: prometheus.alerts().get("BeachheadRedisAway") == "pending")


def test_node_exporter_tells_the_registrars_text_file(all_of_it, engine, text_files, place):
    exporter = NodeExporter(text_files)
    eventually(lambda: "\nbeachhead_registrar_registrations 1\n" in exporter.metrics())
    assert "\nnode_textfile_scrape_error 0\n" in exporter.metrics()
    assert "\nbeachhead_registrar_engine_up 1\n" in exporter.metrics()
    prometheus = Prometheus(place / "prometheus", {"node": f"127.0.0.1:{EXPORTER_PORT}"}, [RULES])
    eventually(lambda: prometheus.value("beachhead_registrar_event_to_publish_seconds_count") >= 1)
    engine.serve("bad", "bad.example.org:http=nonsense")
    eventually(lambda: prometheus.alerts().get("BeachheadContainersFailed") == "pending")


def test_a_node_that_forgets_its_figures_is_told_of(all_of_it, redis):
    redis.call("SET", "/beachhead-nodes/n9", "no manifest")
    redis.call("SET", "/beachhead-nodes/n8", "x" * (9 * 1024 * 1024))
    redis.call("RPUSH", "/beachhead-nodes/n7", "a list")
    eventually(lambda: figure('beachhead_node_up{node="n1"}') == 1)
    assert not [name for name in figures(ask("/metrics").body) if "n9" in name or "n8" in name or "n7" in name]


# Of each rule: what makes it fire. Time goes by in minutes.
FIRES = {
    "BeachheadConsumerSilent": {'up{job="beachhead",instance="e"}': 0},
    "BeachheadEdgeUnhealthy": {'beachhead_healthy{instance="e"}': 0},
    "BeachheadRedisAway": {'beachhead_redis_up{instance="e"}': 0},
    "BeachheadSitesHeld": {'beachhead_sites{instance="e",state="held"}': 1},
    "BeachheadSetAside": {'beachhead_routes_set_aside{instance="e"}': 0, 'beachhead_nginx_sites_set_aside{instance="e"}': 1},
    "BeachheadOutputFailed": {'beachhead_output_state{instance="e",output="nginx",state="failed"}': 1},
    "BeachheadChangesSlow": {
        'beachhead_nginx_change_to_confirmed_seconds_bucket{instance="e",le="10"}': "0+1x100",
        'beachhead_nginx_change_to_confirmed_seconds_bucket{instance="e",le="60"}': "0+9x100",
        'beachhead_nginx_change_to_confirmed_seconds_bucket{instance="e",le="+Inf"}': "0+9x100"},
    "BeachheadCertificateExpiring": {
        'beachhead_nginx_certificate_expiry_timestamp_seconds{instance="e",domain="a.org"}': 10 * 86400},
    "BeachheadCertificateAboutToExpire": {
        'beachhead_nginx_certificate_expiry_timestamp_seconds{instance="e",domain="a.org"}': 86400},
    "BeachheadNodeMissing": {'beachhead_node_up{instance="e",node="n1"}': 0},
    "BeachheadEngineAway": {'beachhead_node_engine_up{instance="e",node="n1"}': 0},
    "BeachheadPublishingSlow": {
        'beachhead_node_event_to_publish_seconds_bucket{instance="e",node="n1",le="5"}': "0+1x100",
        'beachhead_node_event_to_publish_seconds_bucket{instance="e",node="n1",le="10"}': "0+9x100",
        'beachhead_node_event_to_publish_seconds_bucket{instance="e",node="n1",le="+Inf"}': "0+9x100"},
    "BeachheadRegistrarSilent": {'node_textfile_mtime_seconds{instance="h",file="/x/beachhead.prom"}': 0},
    "BeachheadRegistrarWithoutEngine": {'beachhead_registrar_engine_up{instance="h"}': 0},
    "BeachheadRegistrarWithoutRedis": {'beachhead_registrar_redis_up{instance="h"}': 0},
    "BeachheadNameClash": {'beachhead_registrar_name_clash{instance="h"}': 1},
    "BeachheadContainersFailed": {'beachhead_registrar_containers_failed{instance="h"}': 1},
}
WELL = {
    'up{job="beachhead",instance="e"}': 1, 'beachhead_healthy{instance="e"}': 1, 'beachhead_redis_up{instance="e"}': 1,
    'beachhead_ready{instance="e"}': 1, 'beachhead_sites{instance="e",state="held"}': 0,
    'beachhead_routes_set_aside{instance="e"}': 0, 'beachhead_nginx_sites_set_aside{instance="e"}': 0,
    'beachhead_output_state{instance="e",output="nginx",state="failed"}': 0,
    'beachhead_nginx_certificate_expiry_timestamp_seconds{instance="e",domain="a.org"}': 60 * 86400,
    'beachhead_node_up{instance="e",node="n1"}': 1, 'beachhead_node_engine_up{instance="e",node="n1"}': 1,
    'beachhead_registrar_engine_up{instance="h"}': 1, 'beachhead_registrar_redis_up{instance="h"}': 1,
    'beachhead_registrar_name_clash{instance="h"}': 0, 'beachhead_registrar_containers_failed{instance="h"}': 0,
}


def case(name: str, wrong: dict) -> dict:
    """That the rule, and no other of its severity, fires after an hour and a half."""
    samples = {**WELL, **wrong}
    series = [{"series": key, "values": value if isinstance(value, str) else f"{value}+0x100"}
              for key, value in samples.items()]
    return {"interval": "1m", "name": name, "input_series": series,
            "promql_expr_test": [{"eval_time": "90m", "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                                  "exp_samples": [{"labels": f'{{alertname="{fires}"}}', "value": 1}
                                                  for fires in also(name) if wrong]}]}


def also(name: str) -> list[str]:
    """Two days left are less than two weeks left as well."""
    return [name] + (["BeachheadCertificateExpiring"] if name == "BeachheadCertificateAboutToExpire" else [])


def test_every_rule_fires_for_what_it_is_about_and_for_nothing_else(place):
    promtool("check", "rules", RULES)
    rules = [rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert sorted(rules) == sorted(FIRES)
    tests = place / "tests.yml"
    tests.write_text(yaml.safe_dump({
        "rule_files": [str(RULES)], "evaluation_interval": "1m",
        "tests": [case(name, wrong) for name, wrong in FIRES.items()] + [case("nothing", {})]}))
    promtool("test", "rules", tests)
