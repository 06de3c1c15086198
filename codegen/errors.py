"""The one exception family for faults that a user can cause: cause, where, remedy."""


class TinyfaceError(Exception):
    """A fault outside the program: a bad file, a model that does not fit, a board that is gone.

    Args:
        cause: what is wrong, one sentence without a trailing full stop.
        where: the file, layer, port or option it was found in ("" where nothing narrower is known).
        remedy: what the user can do about it, one sentence.

    The command line prints the three parts and exits with code 2, without a traceback.
    """

    def __init__(self, cause: str, where: str = "", remedy: str = "") -> None:
        self.cause = cause
        self.where = where
        self.remedy = remedy
        super().__init__(cause, where, remedy)

    def __str__(self) -> str:
        text = f"{self.where}: {self.cause}" if self.where else self.cause
        return f"{text}. {self.remedy}" if self.remedy else text


class ModelError(TinyfaceError):
    """The .tflite file can't be read, or holds something that is not a static int8 graph."""


class UnsupportedOpError(ModelError):
    """An operator, or a form of it, that no kernel here computes; `where` names the layer."""


class DamagedModelError(ModelError):
    """The bytes of a file contradict each other: nothing more is known of the model."""


class ScaleError(UnsupportedOpError):
    """Scales with which a layer's arithmetic leaves the range that TFLite-Micro computes in."""


class BudgetError(TinyfaceError):
    """The model does not fit the board; the cause says by how many bytes, the remedy what would fit."""


class BoardError(TinyfaceError):
    """A board folder is wrong, a port is busy or gone, or a board does not answer."""


class ToolError(TinyfaceError):
    """A program that is needed (compiler, emulator, PlatformIO) is missing or failed."""


class PictureError(TinyfaceError):
    """A picture, a box or a sidecar file can't be used."""


class OptionError(TinyfaceError):
    """Options or arguments that contradict each other, or one that would have no effect."""


class DataError(TinyfaceError):
    """A data set, a card or a checkpoint can't be used."""


class RecordingError(TinyfaceError):
    """A recording can't be written, read or validated."""
