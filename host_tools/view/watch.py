"""The thread that owns the board: opens it, streams, obeys the pages, and comes back after every fault."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from codegen.errors import BoardError, RecordingError, TinyfaceError
from codegen.plain_text import one_line
from host_tools.view.free_file import free_file
from host_tools.view.hub import Hub
from host_tools.view.log_lines import LogLines
from host_tools.view.orders import MOST_PERIOD_MS, WORDS, Order, applied_json
from host_tools.view.rate import Rate
from host_tools.view.seen import Seen
from host_tools.view.spoken import Spoken
from host_tools.view.told import OWN_FAULT, board_json, fault_json, frame_json, stats_json
from host_tools.view.use import use_of
from host_tools.view.waiting import WaitingOrders
from host_tools.wire.board_settings import as_plain, change, refused_names, threshold_range
from host_tools.wire.inference import Inference
from host_tools.wire.link import LogCallback
from host_tools.wire.messages import Model, Preview, Settings, SettingsRequest, Want
from host_tools.wire.model_facts import ask_model
from host_tools.wire.plausible import in_parts
from host_tools.wire.recording.purpose import Purpose
from host_tools.wire.recording.stream import StreamRecorder
from host_tools.wire.recording.write import Recorder
from host_tools.wire.session import FOREVER, Session
from host_tools.wire.stages import sees_gray, stages_of
from host_tools.wire.threshold import SEND_ALL

RETRY_S = 1.0
"""Between two tries to open a board that is away."""
GIVEN_BACK_WITHIN_S = 1.5
"""A board that answers is given back by then; no answer of another is waited for any longer."""
CLOSE_WITHIN_S = 15.0
"""For the rest: switching a simulated board off, or a host that takes its time to say that it is away."""
STATS_EVERY_S = 20.0
"""The stream pauses for them."""
ORDERS_EVERY_S = 0.25
"""The stream pauses for them, too: no page's orders keep the others from seeing anything."""
WITHOUT_PREVIEWS = 8
"""So many results without a preview among them: the board's firmware knows none, or has no memory for one."""


@dataclass(frozen=True)
class Source:
    """How the board is reached.

    Attributes:
        open: a session. Its first argument gets the board's log lines; the second is asked while a board is
            waited for, and False ends that.
        stale: whether the simulated board was flashed since it was opened, so that it starts anew.
        clock_of: whose milliseconds a board of this name tells.
        period_ms: shortest time between frames.
        previews: whether small pictures are shown, so that results wait for none.
        folder: where recordings go.
        name: of the board, for people.
        again: what is told after a board that answered is gone.
        own: it is started when it is opened, and ends when it is given back: its port leads nowhere then.
    """

    open: Callable[[LogCallback, Callable[[], bool]], AbstractContextManager[Session]]
    stale: Callable[[], bool]
    clock_of: Callable[[str], str]
    period_ms: int
    previews: bool
    folder: Path
    name: str = "the board"
    again: str = "The board is being opened again."
    own: bool = False


class Watch:
    """Publishes what a board tells until close(). Orders come from any thread.

    Args:
        spoken: tells it to who started this, too.
    """

    def __init__(self, hub: Hub, source: Source, spoken: Spoken | None = None) -> None:
        self._hub, self._source = hub, source
        self._spoken = spoken or Spoken()
        self._orders = WaitingOrders()
        self._closing, self._abandoned = threading.Event(), threading.Event()
        self._released, self._release = False, False  # it is; it was asked for last
        self._lines = LogLines(hub)
        self._rate = Rate()
        self._seen = Seen()
        self._previews = source.previews
        self._without = 0  # results of this stream before its first preview; -1 behind it
        self._lost = 0  # pictures of this session
        self._live = False  # told so
        self._held = False  # a board is open
        self._program = ""  # its name
        self._recorder: Recorder | None = None
        self._recorded: StreamRecorder | None = None
        self._starting: list[str] | None = None  # lines of the start that a recording begins with
        self._thread = threading.Thread(target=self._run, name="board", daemon=True)

    def start(self) -> None:
        """Begins; the board is opened in its own thread."""
        self._hub.publish({"kind": "mode", "live": True})
        self._lines.start()
        self._thread.start()

    def close(self) -> bool:
        """Gives the board back and waits for it; whether there was one, and it is given back."""
        held = self._held
        self._closing.set()
        self._orders.close()
        self._thread.join(GIVEN_BACK_WITHIN_S)
        self._abandoned.set()
        self._thread.join(CLOSE_WITHIN_S)
        self._lines.close()
        return held and not self._thread.is_alive()

    def order(self, order: Order) -> None:
        """Something for the board's thread to do, when the frame in work is done; a board that is only waited
        for is released at once.

        Raises:
            OptionError: too many orders wait.
        """
        self._orders.put(order)
        if order.verb in ("release", "connect"):
            self._release = order.verb == "release"

    def notice(self, text: str, remedy: str = "") -> None:
        """Something to read on every page."""
        self._hub.publish({"kind": "notice", "text": one_line(text), "remedy": one_line(remedy)})

    def _tell_fault(self, fault: TinyfaceError) -> None:
        self.notice(": ".join(part for part in (fault.where, fault.cause) if part), fault.remedy)

    def _run(self) -> None:
        while not self._closing.is_set():
            if self._released:
                self._hub.publish({"kind": "state", "state": "released", "own": self._source.own})
                self._wait(None)
                continue
            try:
                self._live, self._lost = False, 0
                self._lines.forget()
                self._spoken.opens(self._source.name)
                with self._source.open(self._log, self._awaited) as session:
                    self._held = True
                    self._serve(session)
            except TinyfaceError as fault:
                self._tell_away(fault)
                self._wait(RETRY_S)
            except Exception:  # the thread ends with it, and its report is written
                self._hub.publish(fault_json("fault", OWN_FAULT))
                raise
            finally:
                self._held = False
                self._end_recording()

    def _tell_away(self, fault: TinyfaceError) -> None:
        self._hub.publish(fault_json("fault", fault, self._source.again if self._live else ""))
        if not self._closing.is_set() and self._awaited():
            self._spoken.fault(fault)

    def _awaited(self) -> bool:
        """Whether a board's answer is waited for."""
        return not self._abandoned.is_set() and (self._live or not self._release)

    def _wait(self, seconds: float | None) -> None:
        """Until the time is over or an order has come; to those that need a board its absence is told."""
        order = self._orders.wait(seconds)
        if order is None:
            return
        if order.verb in ("release", "connect"):
            self._released = order.verb == "release"
        else:
            self.notice("the board is not there", "Wait until it is, and try again.")

    def _log(self, line: str) -> None:
        self._lines.add(line)
        if self._starting is not None:
            self._starting.append(line)
        self._record_log(line)

    def _serve(self, session: Session) -> None:
        """Streams until something else is wanted of the board, and goes on."""
        if not session.board.has_camera:
            raise BoardError(
                "the board has no camera",
                session.port,
                "View a board with one; `tinyface validate` proves this one.",
            )
        model, self._program = ask_model(session), one_line(session.board.model)
        while not (self._closing.is_set() or self._released or self._source.stale()):
            settings = self._tell(session)
            self._stream(session, model, settings)
            self._obey(session)

    def _tell(self, session: Session) -> Settings:
        """Facts, counts and settings, which a pause of the stream makes room for."""
        clock = self._source.clock_of(session.board.board)
        settings = session.ask(SettingsRequest(), Settings)
        if self._recorder is None:
            stats = session.stats()
            if stats.sensor and not session.board.sensor:
                session.hello()  # the camera has started since
            self._hub.publish(stats_json(stats))
        told = ("tinyface view", clock, "started by") if self._source.own else (session.port, clock)
        self._hub.publish(board_json(session.board, *told))
        self._tell_settings(session, settings)
        return settings

    def _tell_settings(self, session: Session, settings: Settings) -> None:
        least, most = threshold_range(session)
        self._hub.publish(
            {
                "kind": "settings",
                "values": as_plain(settings),
                "refused": refused_names(settings),
                "threshold": [least, most],
            }
        )

    def _stream(self, session: Session, model: Model | None, settings: Settings) -> None:
        parted = in_parts(session.board)
        stages = stages_of(session.board, session.port)
        names = [one_line(stage.name) for stage in stages]
        want = Want.PREVIEW | Want.TIMES if self._previews else Want.PICTURE | (Want.RUNS if parted else 0)
        want |= Want.GRAY if not self._previews and sees_gray(stages) else 0
        period = max(self._source.period_ms, min(settings.period_ms, MOST_PERIOD_MS))
        begun = time.monotonic()
        until, obeys = begun + STATS_EVERY_S, begun + ORDERS_EVERY_S
        parted = parted and settings.threshold == SEND_ALL
        self._seen, self._without = Seen(), 0

        def wanted() -> bool:
            if self._closing.is_set() or self._source.stale():
                return False
            now = time.monotonic()
            return not (self._orders and now >= obeys) and (self._recorder is not None or now < until)

        stream = session.stream(FOREVER, period, want, wanted, self._show_preview)
        with contextlib.closing(stream):
            for inference in stream:
                self._record(inference)
                self._show(session, inference, names, model, parted)
                if not wanted() or self._lacks_previews():
                    return

    def _lacks_previews(self) -> bool:
        """Whether none come though they are wanted; from then on whole pictures are."""
        if not self._previews or self._without < WITHOUT_PREVIEWS:
            return False
        self._previews = False
        self._end_recording()
        self.notice(
            "the board sends no previews: whole pictures are shown, for which results wait",
            "Flash it again with `tinyface flash MODEL --board BOARD`; its log says where memory is missing.",
        )
        return True

    def _show_preview(self, preview: Preview) -> None:
        self._without = -1  # they come
        if self._recorded is not None:
            self._keep(lambda recorded: recorded.preview(preview))
        self._say_live()
        self._hub.publish_frame(*self._seen.preview(preview))

    def _show(
        self, session: Session, inference: Inference, names: list[str], model: Model | None, parted: bool
    ) -> None:
        told = frame_json(inference, names, model, parted)
        told["rate"] = round(self._rate.count(), 2)
        counters = session.counters
        told["line"] = {
            "bad frames": session.bad_frames,
            "lost frames": counters.lost_frames + self._lost,
            "repeats": counters.repeats,
            "reconnects": counters.reconnects,
        }
        if self._previews:
            self._without += self._without >= 0
            shown = self._seen.result(told)
        elif inference.picture is None:
            self._lost += 1
            return
        else:
            shown = self._seen.picture(told, inference.picture)
        self._say_live()
        self._hub.publish_frame(*shown)

    def _say_live(self) -> None:
        if not self._live:
            self._live = True
            self._spoken.live(self._source.name)
            self._hub.publish({"kind": "state", "state": "live"})

    def _record(self, inference: Inference) -> None:
        if self._recorded is not None:
            self._keep(lambda recorded: recorded.take(inference))

    def _record_log(self, line: str) -> None:
        if self._recorded is not None:
            self._keep(lambda recorded: recorded.log(line))

    def _keep(self, add: Callable[[StreamRecorder], None]) -> None:
        """Records something, or ends the recording with the reason why it can't be."""
        assert self._recorded is not None
        try:
            add(self._recorded)
        except RecordingError as fault:
            self._end_recording(fault)

    def _obey(self, session: Session) -> None:
        """The orders that wait now; what one of them can't do is told, and the board goes on."""
        for _ in range(len(self._orders)):
            order = self._orders.take()
            if order is None:
                return
            try:
                self._do(session, order)
            except (RecordingError, BoardError) as fault:
                self._tell_fault(fault)

    def _do(self, session: Session, order: Order) -> None:
        if order.verb == "settings":
            if self._recorder is not None:
                self.notice("settings stay as they are while a recording runs", "Stop the recording first.")
                return
            settings = change(session, order.values, keep=order.keep, called=WORDS.__getitem__)
            self._hub.publish(applied_json(order, refused_names(settings)))
        elif order.verb == "record" and self._recorder is None:
            self._begin_recording(session)
        elif order.verb == "stop":
            self._end_recording()
        elif order.verb in ("release", "connect"):
            self._released = order.verb == "release"

    def _begin_recording(self, session: Session) -> None:
        """A proof from the board's start on, since a program's state begins there; previews from now on.

        Raises:
            BoardError: its threshold holds results back, or it does not come back.
            RecordingError: the file can't be written.
        """
        if session.ask(SettingsRequest(), Settings).threshold != SEND_ALL:
            self.notice("a threshold holds results back", f"Set it to {SEND_ALL}, and record then.")
            return
        lines = [] if self._previews else self._restart(session)
        settings = session.ask(SettingsRequest(), Settings)
        file = free_file(self._source.folder)
        purpose = Purpose.PREVIEW if self._previews else Purpose.PROOF
        self._recorder = Recorder(file, session.board, ask_model(session), settings, purpose)
        self._recorded = StreamRecorder(self._recorder, session.counters)
        self._hub.publish({"kind": "recording", "file": one_line(str(file))})
        self.notice(f"recording to {file}" + (", not for validation" if self._previews else ""))
        for line in lines:
            self._record_log(line)

    def _restart(self, session: Session) -> list[str]:
        """What the board says meanwhile.

        Raises:
            BoardError: it does not come back.
        """
        lines: list[str] = []
        self._starting = lines
        try:
            session.restart()
        finally:
            self._starting = None
        return lines

    def _end_recording(self, fault: RecordingError | None = None) -> None:
        """Says what is in the file, and why no more of it is."""
        recorder, recorded = self._recorder, self._recorded
        self._recorder = self._recorded = None
        if recorder is None or recorded is None:
            return
        self._hub.publish({"kind": "recording", "file": None})
        try:
            recorder.close()
        except RecordingError as at_its_end:
            fault = fault or at_its_end
        if fault is not None:
            self._tell_fault(fault)
            self._spoken.recording_failed(fault)
        else:
            self.notice(recorded.told, use_of(recorder.path, recorder.purpose, self._program))
