"""The fault suite: every case has visitors at the edge, 100 a second, and prints what became of their requests."""
import pytest

from parts.traffic import Traffic


@pytest.fixture
def engine(_dockerd):
    """The real Engine, without a container, and well again whatever became of it."""
    yield _dockerd
    _dockerd.heal()
    _dockerd.remove_all()


@pytest.fixture
def visited(engine, backend):
    """Makes containers that many visitors come to: what answers is one of our backends, on the host's network, for the
    server in our image queues too few connections."""

    def make(name: str, domain: str):
        answering = backend(name)
        return engine.serve(name, f"{domain}:http={answering.endpoint[1]}", "PORTS= ", network="host"), answering

    return make


@pytest.fixture
def visitors(request, record_property):
    """Makes the traffic of a case; its figures are printed at the end of the run."""
    name = request.node.name.removeprefix("test_").replace("_", " ")

    class Counted(Traffic):
        what = ""

        def __exit__(self, *error) -> None:
            super().__exit__(*error)
            times = ", then ".join(f"{seconds:.2f}" for seconds in self.converged)
            converged = f", converged in {times} s" if times else ""
            failed = len(self.failures)
            cut = f" and {len(self.failed) - failed} where the case cut the way" if self.cuts else ""
            record_property("figures", f"chaos: {name}{self.what}: {self.sent} requests, {failed} failed{cut}{converged}")

    def make(*hosts: str, what: str = "", **options) -> Traffic:
        traffic = Counted(list(hosts), **options)
        traffic.what = f", {what}" if what else ""
        return traffic

    return make
