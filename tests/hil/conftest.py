"""Tests on boards: `pytest tests/hil --board NAME [--port PORT] [--model MODEL]`, several pairs for a farm.

They run through pytest-embedded (embedded.py says how). A board at --port already runs its model: one of the
zoo's, or that of --model. Without a port the board is simulated, flashed and started. A table sums up.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from codegen.program.spec import Layout, PictureWish
from host_tools.proof.validate_tflm import runs_alone
from host_tools.wire.faults import CameraError
from host_tools.wire.session import Session
from tests.hil.pairs import Pair, pairs_of
from tests.hil.place import WHOLE_RUN_SOAK_S, Place, Summary, UnderTest, model_on, running, under_test_of
from tests.hil.work import Work, work_of
from tests.reported import properties

if TYPE_CHECKING:
    from pytest_embedded_serial import Serial, SerialDut

    from tests.hil.embedded import EmbeddedPort

NEEDS = "tests/hil runs through pytest-embedded: pip install 'pytest-embedded-serial~=2.9.3'"
INSTALLED = importlib.util.find_spec("pytest_embedded_serial") is not None
PLUGIN = "pytest_embedded.plugin"


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Our options, and pytest-embedded's, which pyproject.toml keeps out of the runs of all other tests."""
    late = pluginmanager.hasplugin("session")  # a run of all tests comes here long after its command line
    group = parser.getgroup("board")
    group.addoption("--board", action="append", help="board under test (default: sim); may be repeated")
    group.addoption("--model", default=None, help="model it runs (default: the zoo's; simulated: a toy)")
    group.addoption("--picture", choices=("gray", "rgb"), help="what its input is, where it has no card")
    group.addoption("--requests", type=int, default=None, help="requests that are compared")
    soak_s = WHOLE_RUN_SOAK_S if late else None
    group.addoption("--soak-s", type=float, default=soak_s, help="seconds of the soak")
    group.addoption("--firmware", default=None, help="application image to send to a board at --port")
    if late:
        return
    if not INSTALLED:
        raise pytest.UsageError(NEEDS)
    if not pluginmanager.hasplugin("pytest_embedded"):
        pluginmanager.import_plugin(PLUGIN)


def pytest_configure(config: pytest.Config) -> None:
    pairs_of(config)  # what does not go together is said before the first test


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "place" in metafunc.fixturenames:
        pairs = pairs_of(metafunc.config)
        metafunc.parametrize("place", pairs, indirect=True, ids=map(str, pairs), scope="session")


@pytest.fixture(scope="session")
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The board of this round, switched on."""
    if not INSTALLED:
        pytest.skip(NEEDS)
    pair: Pair = request.param
    model = request.config.getoption("--model", None)
    said = request.config.getoption("--picture")
    wish = PictureWish(Layout[said.upper()]) if said else None
    with running(pair, model, wish, tmp_path_factory.mktemp("board")) as there:
        yield there


@pytest.fixture(scope="session")
def make_queue(request: pytest.FixtureRequest) -> Iterator[Callable[[], Any]]:
    """Makes queues between the processes of pytest-embedded; its plugin's manager where the plugin runs."""
    from pytest_embedded.log import MessageQueueManager

    if request.config.pluginmanager.hasplugin(PLUGIN):
        yield request.getfixturevalue("_mp_manager").MessageQueue
        return
    # Never forked: a copy of this process would keep open the pipes of a board that is just being started,
    # and whoever starts it would wait for their end.
    manager = MessageQueueManager(ctx=multiprocessing.get_context("spawn"))
    manager.start()
    yield manager.MessageQueue
    manager.shutdown()


@pytest.fixture(scope="session")
def wired(
    request: pytest.FixtureRequest, place: Place, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[EmbeddedPort]:
    """The board's port, opened once: an ESP32 restarts when it is opened."""
    from tests.hil.embedded import EmbeddedPort

    names = [str(pair) for pair in pairs_of(request.config)]
    port = EmbeddedPort(
        place.board,
        place.port,
        request.getfixturevalue("make_queue"),
        tmp_path_factory.mktemp("embedded"),
        number=names.index(place.name),
        boards=len(names),
        with_timestamp=request.config.getoption("with_timestamp", None) not in ("n", "no", "false"),
    )
    yield port
    port.close()


@pytest.fixture(scope="session")
def serial(wired: EmbeddedPort) -> Serial:
    """pytest-embedded's `serial`, kept for the whole run."""
    return wired.serial


@pytest.fixture(scope="session")
def dut(wired: EmbeddedPort) -> SerialDut:
    """pytest-embedded's `dut`, kept for the whole run."""
    return wired.dut


@pytest.fixture(scope="session")
def session_root_logdir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """pytest-embedded's folder: this run's own. Its usual one belongs to whoever made it first."""
    return request.config.getoption("root_logdir") or str(tmp_path_factory.mktemp("pytest-embedded"))


@pytest.fixture(scope="session")
def cache_dir(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """pytest-embedded's cache, likewise."""
    return request.config.getoption("cache_dir") or str(tmp_path_factory.mktemp("pytest-embedded-cache"))


@pytest.fixture
def port() -> None:
    """pytest-embedded asks for one port a test; ours are in the pairs."""


@pytest.fixture
def app_path() -> str:
    """pytest-embedded's folder of a built application, which these tests have not."""
    return ""


@pytest.fixture(scope="session")
def session(wired: EmbeddedPort, place: Place) -> Iterator[Session]:
    """A board that has said HELLO, the same for all tests of the run."""
    with wired.open_session(place.board, place.timing) as opened:
        yield opened


@pytest.fixture(scope="session")
def under_test(request: pytest.FixtureRequest, place: Place, session: Session) -> UnderTest:
    """Board and model; a board at --port without --model says which model of the zoo it runs."""
    return under_test_of(place, place.ref or model_on(session.board), request.config)


@pytest.fixture(scope="session")
def no_camera(session: Session, under_test: UnderTest) -> str:
    """Why this board can't stream, "" where it can: it has no camera, an unplugged one, or is an emulator."""
    if not session.board.has_camera:
        return "the board has no camera"
    if not under_test.ref.program.input.is_picture:
        return "the model takes no picture"
    try:
        for _ in session.stream(1):
            pass
    except CameraError as error:
        return f"its camera does not work: {error.cause}"
    return ""


@pytest.fixture(scope="session")
def asked(session: Session, under_test: UnderTest) -> Work:
    """Requests to the board; one that takes the file's own tensors has no reference here."""
    if runs_alone(session.board, under_test.ref):
        pytest.skip("the board runs the file's own tensors, without an integer core for a reference here")
    return work_of(session, under_test.ref, under_test.board)


@pytest.fixture
def work(asked: Work) -> Work:
    """The same, of which nothing is known from earlier tests."""
    asked.begin()
    return asked


Measured = Callable[..., None]


@pytest.fixture
def measured(
    place: Place,
    under_test: UnderTest,
    wired: EmbeddedPort,
    record_property: Callable[..., None],
) -> Measured:
    """measured(name=number, ...): for the table at the end, and for this test in the JUnit report."""
    record_property("place", place.name)
    record_property("log", str(wired.log))
    record_property("board", under_test.board.name)
    record_property("model", under_test.ref.name)
    record_property("model_sha256", under_test.ref.model_hash.hex())

    def measure(**numbers: int) -> None:
        for name, number in numbers.items():
            record_property(name, number)

    return measure


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line a board: what was compared and counted, and where its log lies."""
    summaries: dict[str, Summary] = {}
    for found in properties(terminalreporter):
        if "place" in found:
            summary = summaries.setdefault(found["place"], Summary())
            summary.logs.add(found["log"])
            summary.count(**{name: value for name, value in found.items() if isinstance(value, int)})
    if not any(summary.numbers for summary in summaries.values()):
        return
    columns = sorted({name for summary in summaries.values() for name in summary.numbers})
    width = max(len(name) for name in ("board", *summaries)) + 2
    terminalreporter.section("boards")
    terminalreporter.line(
        "board".ljust(width) + "  ".join(name.replace("_", " ").rjust(8) for name in columns)
    )
    for name, summary in summaries.items():
        cells = [f"{summary.numbers.get(column, 0):,}".rjust(max(8, len(column))) for column in columns]
        terminalreporter.line(name.ljust(width) + "  ".join(cells))
    for name, summary in summaries.items():
        for log in sorted(summary.logs):
            terminalreporter.line(f"log of {name}: {log}")
