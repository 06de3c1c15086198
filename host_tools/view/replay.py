"""Plays a recording to the pages at the pace it was made, round and round."""

from __future__ import annotations

import threading
import time

from codegen.errors import TinyfaceError
from codegen.plain_text import one_line
from host_tools.view.hub import Hub
from host_tools.view.log_lines import LogLines
from host_tools.view.orders import Order
from host_tools.view.rate import Rate
from host_tools.view.seen import Seen
from host_tools.view.told import OWN_FAULT, board_json, fault_json, frame_json
from host_tools.wire.board_settings import as_plain, refused_names
from host_tools.wire.plausible import in_parts
from host_tools.wire.recording.purpose import Purpose
from host_tools.wire.recording.read import RecordedFrame, RecordedLog, RecordedPreview, Recording
from host_tools.wire.stages import stages_of
from host_tools.wire.threshold import SEND_ALL

LEAST_WAIT_S, LONGEST_WAIT_S = 0.005, 2.0
"""Between two frames, whatever their times say: those of a file that somebody else made may all be equal, and
nothing may have come for hours."""
CLOSE_WITHIN_S = 5.0
"""For reading one block of the file and showing it, on a slow disk."""


def pause_s(before_us: int | None, time_us: int, is_log: bool) -> float:
    """Seconds between two events of a recording; the first comes at once, and so may a line of the log."""
    if before_us is None:
        return 0.0
    least = 0.0 if is_log else LEAST_WAIT_S
    return min(max((time_us - before_us) / 1e6, least), LONGEST_WAIT_S)


class Replay:
    """Publishes a recording until close().

    Args:
        clock: whose time its milliseconds are.
    """

    def __init__(self, hub: Hub, recording: Recording, clock: str) -> None:
        self._hub, self._recording, self._clock = hub, recording, clock
        self._closing = threading.Event()
        self._rate = Rate()
        self._seen = Seen()
        self._lines = LogLines(hub)
        self._thread = threading.Thread(target=self._run, name="replay", daemon=True)

    def start(self) -> None:
        """Begins with the first frame."""
        recording = self._recording
        purpose = "for validation" if recording.purpose == Purpose.PROOF else "not for validation"
        told = board_json(recording.hello, str(recording.path), self._clock, "recording")
        facts = [["recorded", f"{recording.started:%Y-%m-%d %H:%M:%S} UTC, {purpose}"]]
        self._hub.publish(told | {"facts": [*facts, *list(told["facts"])]})  # type: ignore[call-overload]
        self._hub.publish({"kind": "mode", "live": False})
        if recording.settings is not None:
            self._hub.publish(
                {
                    "kind": "settings",
                    "values": as_plain(recording.settings),
                    "refused": refused_names(recording.settings),
                    "threshold": [SEND_ALL, 127],
                }
            )
        self._lines.start()
        self._thread.start()

    def close(self) -> bool:
        """Stops, and waits for what is in work; False, since no board is given back."""
        self._closing.set()
        self._thread.join(CLOSE_WITHIN_S)
        self._lines.close()
        return False

    def order(self, order: Order) -> None:
        """A recording obeys nobody."""
        self._hub.publish(
            {"kind": "notice", "text": "this is a recording: nothing can be changed", "remedy": ""}
        )

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._hub.publish({"kind": "state", "state": "replay"})
                shown = self._play()
            except TinyfaceError as fault:
                self._hub.publish(fault_json("fault", fault))
                self._closing.wait(LONGEST_WAIT_S)
                continue
            except Exception:  # the thread ends with it, and its report is written
                self._hub.publish(fault_json("fault", OWN_FAULT))
                raise
            if self._recording.damage:
                text = f"the recording can be read no further: {self._recording.damage}"
                self._hub.publish({"kind": "notice", "text": text, "remedy": ""})
            self._closing.wait(LONGEST_WAIT_S / 2 if shown else LONGEST_WAIT_S)

    def _play(self) -> int:
        """Once through; how many frames were shown."""
        recording, shown, self._seen = self._recording, 0, Seen()
        self._lines.forget()
        names = [one_line(stage.name) for stage in stages_of(recording.hello, str(recording.path))]
        due, before_us = time.monotonic(), None
        for event in recording.events():
            wait_s = pause_s(before_us, event.time_us, isinstance(event, RecordedLog))
            before_us = event.time_us
            due = max(due + wait_s, time.monotonic() - LONGEST_WAIT_S)
            if self._closing.wait(max(0.0, due - time.monotonic())):
                return shown
            if isinstance(event, RecordedLog):
                self._lines.add(event.text)
            elif isinstance(event, RecordedPreview):
                self._hub.publish_frame(*self._seen.preview(event.preview))
                shown += 1
            else:
                self._show(event, names)
                shown += 1
        return shown

    def _show(self, event: RecordedFrame, names: list[str]) -> None:
        inference, recording = event.inference, self._recording
        told = frame_json(inference, names, recording.model, in_parts(recording.hello))
        told |= {"rate": round(self._rate.count(), 2), "line": {"gap before it": int(event.after_gap)}}
        if inference.picture is not None:
            self._hub.publish_frame(*self._seen.picture(told, inference.picture))
        elif recording.purpose == Purpose.PREVIEW:
            self._hub.publish_frame(*self._seen.result(told))
