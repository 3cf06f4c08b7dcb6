"""`make bench` goes on working: with little of everything, so that its figures mean nothing here."""
import shutil
import sys

from parts.process import run
from parts.programs import SOURCE

BENCH = SOURCE / "bench/run"


def test_everything_is_measured_and_written_into_the_page(place):
    shutil.copy(SOURCE / "docs/performance.md", place)
    done = run([sys.executable, BENCH, "--tiny", f"--docs={place}"], within=300)
    assert done.status == 0, done.output + done.errors
    page = (place / "performance.md").read_text()
    for what in ("one container more among 5:", "cold start with 20 containers", "refresh of 20 registrations",
                 "full pass over 40 registrations", "one change among 20 sites", "first 200, 2 sites",
                 "memory of the registrar at 5 containers", "registrar idle", "memory of the consumer at 20 sites",
                 "growth with 10, 20, 40 registrations", "1,000 foreign keys"):
        assert what in page, page
    assert (place / "performance-growth.svg").read_text().count("<svg") == 1


def test_a_measure_that_there_is_not_is_refused_with_the_names_of_those_that_there_are():
    done = run([sys.executable, BENCH, "nothing"])
    assert done.status == 2
    assert "full_pass" in done.errors


def test_the_page_in_docs_shows_every_plot_that_is_there():
    page = (SOURCE / "docs/performance.md").read_text()
    plots = sorted(plot.name for plot in (SOURCE / "docs").glob("performance-*.svg"))
    assert plots and all(f"({name})" in page for name in plots)
