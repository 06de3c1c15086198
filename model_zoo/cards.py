"""Reads pretrained/<name>/card.json, the measured facts of a model; imports no TensorFlow.

The card is validated where it is read; a key that is missing or of another type is a DataError.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from codegen.errors import DataError
from codegen.plain_text import parse_json
from codegen.program.decoders import decoder_names
from codegen.program.single import LANDMARKS, SOURCES
from codegen.text_file import read_text
from model_zoo.card_reader import CardReader
from model_zoo.view import View

PRETRAINED = Path(__file__).parent / "pretrained"
CARD_FILE = "card.json"
MAX_BYTES = 1 << 26
"""Of a card: one of many thousand people lists them all."""
FORMAT = 2
"""Of cards that are written. Those of format 1, of landmarks only, state neither it nor a primary figure;
they are read as they are."""
PHOTOGRAPHS = "photographs"
"""Key of the metrics of a model that learnt from rendered faces: what it is worth on photographs."""
RENAMED = {"landmarks68": "landmarks"}
"""Tasks that older cards call otherwise."""


@dataclass(frozen=True)
class CardInput:
    """What the network sees.

    Attributes:
        width, height, channels: of the int8 input, px.
        margin: side of the square crop divided by the longer side of the face box; 1 where no box is cut.
        scale, zero_point: input quantization; int8 = pixel - 128 at 1/128 and 0.
    """

    width: int
    height: int
    channels: int
    margin: float
    scale: float
    zero_point: int

    @property
    def view(self) -> View:
        """The picture that tasks cut for it."""
        return View(self.width, self.height, self.channels, self.margin)


@dataclass(frozen=True)
class Primary:
    """The figure by which a model is known, or what guessing is worth by the same figure.

    Attributes:
        name: as people call it ("NME"; of a guess what it is, "mean shape").
        value: of the shipped form, or of the guess.
        interval: 95 %, drawn again by person or by picture; None: too few tell of none.
        unit: of value and interval ("%").
        part: of the data set it was measured on: "test", or "validation" as long as nobody has measured it on
            the test part; "" in old cards, which mean the test part.
        by: what was drawn again for the interval: "person", or "picture" where nobody states whose they are.
        on: the data set, where that is not the one that the model learnt from.
    """

    name: str
    value: float
    interval: tuple[float, float] | None
    unit: str
    part: str = ""
    by: str = "person"
    on: str = ""

    def __str__(self) -> str:
        part = " on the validation part" if self.part == "validation" else ""
        part += f" on {self.on}, learnt from rendered faces" if self.on else ""
        if self.interval is None:
            several = "pictures" if self.by == "picture" else "people"
            range_ = f"no interval from so few {several}"
        else:
            low, high = self.interval
            range_ = f"{low:.2f} to {high:.2f}" + (", by picture" if self.by == "picture" else "")
        return f"{self.name} {self.value:.2f} {self.unit} ({range_}){part}"


@dataclass(frozen=True)
class Terms:
    """The data set that a model learnt from, and the terms its makers state; "" where the card says none.

    Attributes:
        also: what the card says of further pictures that it learnt from, one dict a folder.
    """

    name: str
    licence: str
    also: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What cards of networks say that this model taught or began."""
        return {
            "name": self.name,
            "licence": self.licence,
            **({"also": list(self.also)} if self.also else {}),
        }


@dataclass(frozen=True)
class Weights:
    """The float weights that lie beside a card, for trainings that go on from them.

    Attributes:
        file: its name in the card's folder.
        sha256: 64 hex digits, of its bytes.
        outputs: shapes of the network's outputs without the batch.
    """

    file: str
    sha256: str
    outputs: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Card:
    """One trained model.

    Attributes:
        name: zoo name, also the name of its folder.
        task: name of what it finds.
        folder: where the files lie.
        model_file: file name of the .tflite in it.
        sha256: 64 hex digits, of the .tflite bytes (the model hash).
        input: what goes in.
        primary: the figure by which it is known.
        data: what it learnt from.
        facts: the whole card: "decoder", "data", "recipe", "seed", "metrics", "size", "train_again" and more.
        baseline: what guessing is worth on the part of the primary figure; None where nobody measured it.
        photographed: of a model that learnt from rendered faces, the figure of the test part of a set of
            photographs; None where nobody measured it.
        guessed: what guessing is worth beside the figure it is `known_by`; None where nobody measured it.
        weights: its float weights, None where none were kept.
    """

    name: str
    task: str
    folder: Path
    model_file: str
    sha256: str
    input: CardInput
    primary: Primary
    data: Terms
    facts: dict[str, Any] = field(repr=False)
    baseline: Primary | None = None
    photographed: Primary | None = None
    guessed: Primary | None = None
    weights: Weights | None = None

    @property
    def known_by(self) -> Primary:
        """The figure beside those of other models: the one on photographs, where there are two."""
        return self.photographed or self.primary

    @property
    def strained(self) -> dict[str, Any]:
        """What the figure it is `known_by` is worth in worse boxes: "name", and the value by the figure's
        name in small letters; empty where there is no such."""
        metrics = self.metrics if self.photographed is None else self.metrics[PHOTOGRAPHS]
        worse: dict[str, Any] = metrics.get("strained") or {}
        return worse

    @property
    def model_path(self) -> Path:
        """The .tflite file."""
        return self.folder / self.model_file

    @property
    def metrics(self) -> dict[str, Any]:
        """By part ("validation"; "test" once it was evaluated) the scores of each network form ("float",
        "ptq", "qat") with the task's figures and "ci95"; older cards have the test part's at the top."""
        metrics: dict[str, Any] = self.facts["metrics"]
        return metrics

    @property
    def shipped_metrics(self) -> dict[str, Any]:
        """The scores of the network form that is shipped, on the part of the primary figure."""
        shipped: dict[str, Any] = _of_shipped(self.metrics)
        return shipped

    @property
    def size(self) -> dict[str, int]:
        """ "tflite_bytes", "macs" and "params"."""
        size: dict[str, int] = self.facts["size"]
        return size

    def read_model(self) -> bytes:
        """The .tflite bytes.

        Raises:
            DataError: the file is missing, or is not the one that was measured.
        """
        try:
            if not self.model_path.is_file():
                raise OSError("it is no file")
            content = self.model_path.read_bytes()
        except OSError as error:
            raise DataError("the model file can't be read", str(self.model_path), "Install again.") from error
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            raise DataError(
                f"the model file is not the card's (SHA-256 {found[:12]}..., card {self.sha256[:12]}...)",
                str(self.model_path),
                "Restore both files from the same version.",
            )
        return content


def _of_shipped(metrics: dict[str, Any]) -> Any:
    """The scores of the shipped form; None where the card has none."""
    shipped = metrics.get("shipped", "qat")
    if shipped in metrics:
        return metrics[shipped]
    part = metrics.get("primary", {}).get("part")
    scores = metrics.get(part) if isinstance(part, str) else None
    return scores.get(shipped) if isinstance(scores, dict) else None


def _read_input(reader: CardReader) -> CardInput:
    quantization = reader.inner("quantization")
    entry = CardInput(
        width=reader.value("width", int),
        height=reader.value("height", int),
        channels=reader.value("channels", int),
        margin=reader.value("margin", float) if "margin" in reader.facts else 1.0,
        scale=quantization.value("scale", float),
        zero_point=quantization.value("zero_point", int),
    )
    reader.require(entry.width > 0 and entry.height > 0, "width", "or height is not positive")
    reader.require(entry.channels in (1, 3), "channels", "is neither 1 nor 3")
    reader.require(0.1 <= entry.margin <= 10, "margin", "lies outside 0.1 to 10")
    return entry


def _check_decoder(reader: CardReader) -> None:
    """Names what is wrong with the decoder; how it fits the network is checked where its program is made."""
    kind = reader.value("kind", str)
    known = (LANDMARKS, *decoder_names())
    reader.require(kind in known, "kind", f"is none of {', '.join(known)}")
    if kind != LANDMARKS:
        return
    points = reader.value("points", int)
    mean = reader.value("mean_q24", list)
    reader.require(len(mean) == 2 * points, "mean_q24", f"does not hold {2 * points} numbers")
    reader.require(
        all(type(v) is int and abs(v) < 2**31 for v in mean), "mean_q24", "holds no 32-bit integers"
    )
    scale = reader.value("scale_q24", int)
    reader.require(0 < scale < 2**24, "scale_q24", "is no scale")
    zero_point = reader.value("zero_point", int)
    reader.require(-128 <= zero_point <= 127, "zero_point", "is no int8")


def _check_told(reader: CardReader) -> None:
    """What a task may add of the outputs: how sure a classifier is, from which logit a face is seen."""
    if "presence" in reader.facts:
        presence = reader.inner("presence")
        threshold = presence.value("threshold", float) if "threshold" in presence.facts else 0.0
        presence.require(abs(threshold) <= 1e6, "threshold", "is no logit")
    if "confidence" in reader.facts:
        confidence = reader.inner("confidence")
        for key in ("scale", "temperature"):
            value = confidence.value(key, float) if key in confidence.facts else 1.0
            confidence.require(1e-6 <= value <= 1e6, key, "lies outside 1e-6 to 1e6")


def _interval(reader: CardReader, key: str) -> tuple[float, float]:
    pair = reader.value(key, list)
    numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in pair)
    reader.require(len(pair) == 2 and numbers and all(abs(v) < 2**64 for v in pair), key, "is no pair")
    return float(pair[0]), float(pair[1])


def _read_figure(figure: CardReader) -> Primary:
    interval = _interval(figure, "interval") if figure.facts.get("interval", ()) is not None else None
    by = figure.value("by", str) if "by" in figure.facts else "person"
    figure.require(by in ("person", "picture"), "by", "is neither person nor picture")
    part = figure.value("part", str) if "part" in figure.facts else ""
    figure.require(part in ("", "validation", "test"), "part", "is neither validation nor test")
    on = figure.value("on", str) if "on" in figure.facts else ""
    return Primary(figure.value("name", str), figure.value("value", float), interval,
                   figure.value("unit", str), part, by, on)  # fmt: skip


def _read_primary(metrics: CardReader) -> Primary:
    """The primary figure; cards of format 1 have the NME of the shipped form."""
    if "primary" in metrics.facts:
        return _read_figure(metrics.inner("primary"))
    for form in ("float", "ptq", "qat"):
        metrics.inner(form).value("nme", float)
        _interval(metrics.inner(form), "ci95")
    shipped = metrics.inner(str(metrics.facts.get("shipped", "qat")))
    return Primary("NME", shipped.value("nme", float), _interval(shipped, "ci95"), "%")


def _read_terms(data: CardReader, form: int) -> Terms:
    if form == 1:
        return Terms(str(data.facts.get("name", "")), str(data.facts.get("licence", "")))
    also = data.value("also", list) if "also" in data.facts else []
    data.require(all(isinstance(one, dict) for one in also), "also", "holds no objects")
    return Terms(data.value("name", str), data.value("licence", str), tuple(also))


def _read_weights(weights: CardReader) -> Weights:
    shapes = weights.value("outputs", list)
    sound = all(isinstance(s, list) and all(type(v) is int and v > 0 for v in s) for s in shapes)
    weights.require(bool(shapes) and sound, "outputs", "are no shapes")
    return Weights(weights.file_name("file"), weights.sha256(), tuple(tuple(shape) for shape in shapes))


def card_from_facts(facts: Any, folder: Path) -> Card:
    """Validates the content of a card.

    Raises:
        DataError: names the key.
    """
    reader = CardReader(facts, str(folder / CARD_FILE))
    form = reader.value("format", int) if "format" in reader.facts else 1
    if not 1 <= form <= FORMAT:
        raise DataError(
            f"the card has format {form}, this tinyface reads up to {FORMAT}",
            str(folder / CARD_FILE),
            "Install a newer tinyface.",
        )
    sha256, model_file = reader.sha256(), reader.file_name("model_file")
    data = reader.inner("data")
    split = data.inner("split")
    for part in ("test", "validation", "train"):
        split.value(part, list)
    metrics = reader.inner("metrics")
    if form > 1:
        metrics.value("primary", dict)
        shipped = metrics.value("shipped", str)
        metrics.require(isinstance(_of_shipped(metrics.facts), dict), shipped, "is missing")
    size = reader.inner("size")
    for key in ("tflite_bytes", "macs", "params"):
        size.value(key, int)
    task = reader.value("task", str)
    reader.value("recipe", dict)
    reader.value("seed", int)
    reader.value("train_again", str)
    of_input = reader.inner("input")
    source = of_input.value("source", str) if "source" in of_input.facts else "centre"
    of_input.require(source in SOURCES, "source", f"is none of {', '.join(SOURCES)}")
    _check_decoder(reader.inner("decoder"))
    _check_told(reader)
    photographs = metrics.inner(PHOTOGRAPHS) if PHOTOGRAPHS in metrics.facts else None
    known = photographs or metrics
    return Card(
        name=reader.value("name", str),
        task=RENAMED.get(task, task),
        folder=folder,
        model_file=model_file,
        sha256=sha256,
        input=_read_input(of_input),
        primary=_read_primary(metrics),
        baseline=_read_figure(metrics.inner("baseline")) if "baseline" in metrics.facts else None,
        photographed=None if photographs is None else _read_figure(photographs.inner("primary")),
        guessed=_read_figure(known.inner("baseline")) if "baseline" in known.facts else None,
        data=_read_terms(data, form),
        facts=reader.facts,
        weights=_read_weights(reader.inner("weights")) if "weights" in reader.facts else None,
    )


def read_card(path: Path) -> Card:
    """Reads a card file, or the card in a folder.

    Raises:
        DataError: no such file, no JSON, or a key that does not fit.
    """
    file = path / CARD_FILE if path.is_dir() else path
    try:
        text = read_text(file, "the card", "Restore it, or train again.", MAX_BYTES)
    except DataError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            raise
        raise DataError(
            "there is no card", str(file), "Name a pretrained model or a training folder."
        ) from error
    try:
        facts = parse_json(text)
    except ValueError as error:
        raise DataError(f"the card is no JSON ({error})", str(file), "Restore it, or train again.") from error
    return card_from_facts(facts, file.parent)


def pretrained_names() -> list[str]:
    """Names of the models that come with tinyface, sorted."""
    return sorted(p.parent.name for p in PRETRAINED.glob(f"*/{CARD_FILE}"))


def list_pretrained() -> list[Card]:
    """The cards of all pretrained models, by name."""
    return [read_card(PRETRAINED / name) for name in pretrained_names()]


def load_card(name: str) -> Card:
    """The card of one pretrained model.

    Raises:
        DataError: no such model; the remedy lists the names.
    """
    if name not in pretrained_names():
        names = ", ".join(pretrained_names()) or "none"
        raise DataError(f"no pretrained model is called {name}", "model_zoo", f"There are: {names}.")
    return read_card(PRETRAINED / name)
