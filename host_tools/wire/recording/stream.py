"""Records a board's stream: results with their frames, or beside previews, and where some may be missing."""

from __future__ import annotations

from host_tools.wire.inference import Inference
from host_tools.wire.messages import Preview
from host_tools.wire.recording.purpose import Purpose
from host_tools.wire.recording.write import Recorder
from host_tools.wire.timing import Counters


class StreamRecorder:
    """Takes the inferences of one stream; a proof begins with the board's first frame since its start.

    Args:
        recorder: takes what is whole.
        counters: of the session that streams.
    Attributes:
        left_out: inferences with parts that were lost on the way, or in a proof without their picture.
    """

    def __init__(self, recorder: Recorder, counters: Counters) -> None:
        self.left_out = 0
        self._recorder, self._counters = recorder, counters
        self._disturbed = counters.disturbances
        self._next = 0

    @property
    def told(self) -> str:
        """How much was recorded, a line for people."""
        recorder = self._recorder
        left_out = f"; {self.left_out} were not whole and are left out" if self.left_out else ""
        if recorder.purpose == Purpose.PREVIEW:
            held = f"{recorder.previews} previews and {recorder.frames} results, not for validation,"
        else:
            held = f"{recorder.frames} frames"
        return f"{held} recorded in {recorder.path}{left_out}"

    def take(self, inference: Inference) -> None:
        """Adds an inference, or leaves it out where it is not whole.

        Raises:
            RecordingError: it can't be written.
        """
        pictured = inference.picture is not None or self._recorder.purpose == Purpose.PREVIEW
        if not pictured or not inference.is_whole:
            self.left_out += 1
            return
        number, disturbed = inference.result.frame, self._counters.disturbances
        gap = number != self._next or disturbed != self._disturbed
        self._recorder.frame(inference, after_gap=gap)
        self._next, self._disturbed = number + 1, disturbed

    def preview(self, preview: Preview) -> None:
        """Adds a small picture.

        Raises:
            RecordingError: it can't be written.
        """
        self._recorder.preview(preview)

    def log(self, line: str) -> None:
        """Adds a line of the board's log.

        Raises:
            RecordingError: it can't be written.
        """
        self._recorder.log(line)
