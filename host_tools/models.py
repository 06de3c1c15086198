"""MODEL as people type it (a zoo name, a training, a .tflite path) -> file, graph, card, picture program."""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from codegen.backends.tflm.arena import NoArenaError, runs
from codegen.backends.tflm.generate import check_file
from codegen.backends.tflm.tensors import speaks_core
from codegen.errors import ModelError, TinyfaceError
from codegen.graph import Graph
from codegen.nearest import did_you_mean
from codegen.program.built_in import PROGRAM_SUFFIX, program_file, program_names
from codegen.program.known import Network
from codegen.program.read import read_program
from codegen.program.single import LANDMARKS, classes_of, program_of_card, single_program
from codegen.program.spec import TENSOR, InputTensor, PictureWish, picture_input
from codegen.program.stages import RAW, NetworkFacts, Program, Source
from codegen.tflite.model_file import FileTensor, ModelFile, read_file
from codegen.tflite.reader import parse_model, read_bytes
from model_zoo.cards import CARD_FILE, Card, list_pretrained, load_card, pretrained_names, read_card

WAY_OUT = "Or let TFLite-Micro run it as it is: `--runtime tflm` of analyze, generate and flash."

NO_CARD_MARGIN = 1.2
"""Crop side over the longer side of the face box, for a model whose card says none."""


@dataclass(frozen=True, eq=False)
class ModelRef:
    """A model that exists and was read.

    Attributes:
        name: zoo name, or the file's stem.
        path: the .tflite file.
        file: what it says of itself.
        core: the integer graph as read, before the passes, or why there is none.
        card: what was measured about it, None where there is none.
        picture: what a person says of its input, where they call it a picture.
        labels: names of its classes, where a person says them.
        stated: the program of a file that names the model; its input and decoder are not asked of others.
        networks: all models of a program with several stages, of which this one is the first; else none.
    """

    name: str
    path: Path
    file: ModelFile
    core: Graph | ModelError
    card: Card | None
    picture: PictureWish | None = None
    labels: tuple[str, ...] = ()
    stated: Program | None = None
    networks: tuple[ModelRef, ...] = ()

    @property
    def has_stages(self) -> bool:
        """Whether it is a program of several stages, or of one that sees several windows of a frame."""
        return bool(self.networks)

    @property
    def typed(self) -> str:
        """MODEL as people type it: a name of the zoo or of a built-in program, or the file's path."""
        of_the_zoo = self.name in pretrained_names() and self.path.stem != self.name
        built_in = self.stated is not None and self.path == program_file(self.path.stem)
        return self.name if of_the_zoo or built_in else str(self.path)

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        return self.file.data

    @property
    def model_hash(self) -> bytes:
        """SHA-256 of the file (32 bytes); of a program of several stages that of its networks' hashes."""
        if self.stated is None or len(self.stated.stages) == 1:
            return self.file.model_hash
        used = [stage.model for stage in self.stated.stages if stage.model is not None]
        return hashlib.sha256(b"".join(self.networks[index].model_hash for index in used)).digest()

    @property
    def graph(self) -> Graph:
        """The integer graph.

        Raises:
            ModelError: there is none; the cause says why.
        """
        if isinstance(self.core, ModelError):
            raise self.core
        return self.core

    @property
    def program(self) -> Program:
        """How a frame becomes input 0 of the core and output 0 becomes points; around the file's own tensors
        where there is no core.

        Without a card: raw outputs, and a picture where a person says so.

        Raises:
            ModelError: the card does not belong to the model, or its input is not the picture that it is said
                to be.
        """
        if self.stated is not None:
            return self.stated
        if isinstance(self.core, ModelError):
            return self.own_program
        if self.card is None:
            return self._stated([_core_input(self.graph, index) for index in self.graph.given])
        network = NetworkFacts.of(self.graph)
        spec = program_of_card(self.card.facts, network.outputs)
        spec.check([network])
        if self.picture is not None and self.picture.layout != spec.input.layout:
            raise ModelError(
                f"the card of {self.name} says that its input is {spec.input.with_article}",
                "--picture",
                "Leave --picture out: the card states it.",
            )
        if self.picture is not None and self.picture.normalisation is not None:
            raise ModelError(
                f"the card of {self.name} says how its pixels are normalised",
                "--mean, --std",
                "Leave --mean and --std out.",
            )
        return spec

    @property
    def own_program(self) -> Program:
        """As `program`, around the file's own inputs, as TFLite-Micro without a core takes them.

        Raises:
            ModelError: as `program`.
        """
        return self._stated([_file_input(tensor) for tensor in self.file.inputs])

    def program_under(self, runtime: str) -> Program:
        """The program of a firmware with this runtime, "aot" or "tflm".

        Raises:
            ModelError: as `program`.
        """
        spoken = isinstance(self.core, ModelError) or speaks_core(self.file, self.core)
        return self.program if runtime == "aot" or spoken else self.own_program

    def _stated(self, inputs: list[InputTensor]) -> Program:
        of_input = picture_input(self.picture, inputs, self.name) if self.picture else TENSOR
        decoder = classes_of(self.labels) if self.labels else RAW
        return single_program(self.name, of_input, decoder, self.labels)

    @property
    def margin(self) -> float:
        """Crop side over the longer side of the face box: the card's, NO_CARD_MARGIN without one."""
        return self.card.input.margin if self.card else NO_CARD_MARGIN

    @property
    def sees_whole(self) -> bool:
        """Whether it looks at whole frames, not at the square in their middle."""
        return self.program.stages[0].source == Source.WHOLE


def _core_input(graph: Graph, index: int) -> InputTensor:
    tensor = graph.tensor(index)
    one = tensor.quant is not None and len(tensor.quant.scale) == 1
    return InputTensor(tensor.dtype, tensor.shape, tensor.scale if one else 0.0, tensor.zero_point)


def _file_input(tensor: FileTensor) -> InputTensor:
    one = len(tensor.scales) == 1 and len(tensor.zero_points) == 1
    scale, zero_point = (tensor.scales[0], tensor.zero_points[0]) if one else (0.0, 0)
    return InputTensor(tensor.dtype, tensor.shape, scale, zero_point)


def usual_margin() -> float:
    """The margin of the zoo's first landmark model: how faces are framed where the board's model is not known
    yet."""
    cards = [card for card in list_pretrained() if card.facts["decoder"]["kind"] == LANDMARKS]
    return cards[0].input.margin if cards else NO_CARD_MARGIN


def resolve(
    model: str,
    *,
    core_needed: bool = True,
    picture: PictureWish | None = None,
    labels: tuple[str, ...] = (),
) -> ModelRef:
    """Finds and reads a model.

    Args:
        model: a name of the zoo or of a built-in program, the path of a .tflite file or of a program (.toml),
            or of a folder with a card, such as a training leaves. A card.json beside a .tflite file counts
            where its sha256 is that of the file.
        core_needed: refuse a file without an integer graph that kernels here compute; without it such a file
            is left to TFLite-Micro.
        picture: what a person says of its input; None: what its card says, without one a tensor.
        labels: names of its classes, where a person says them.
    Raises:
        ModelError: no such model, a damaged file, one that is no static int8 model, or no such picture.
        DataError: a card can't be read, or its file in the zoo or the folder is not the one it measured.
    """
    if Path(model).suffix == PROGRAM_SUFFIX or model in program_names():
        of_program = program_file(model) if model in program_names() else Path(model)
        return _of_program(of_program, picture, labels)
    names = pretrained_names()
    if model in names:
        card = load_card(model)
        data = card.read_model()
        graph = parse_model(data, model)
        return _checked(
            ModelRef(model, card.model_path, read_file(data, model), graph, card, picture, labels)
        )
    path = _named_file(model)
    if path is None:
        raise _not_there(model)
    data = read_bytes(path)
    try:
        file = read_file(data, path.stem)
    except ModelError as error:
        raise _at_path(error, path) from error
    core: Graph | ModelError
    try:
        core = parse_model(data, path.stem)
    except ModelError as error:
        core = _at_path(_with_way_out(error, file) if core_needed else error, path)
    ref = ModelRef(path.stem, path, file, core, _card_beside(path, data), picture, labels)
    if core_needed:
        assert ref.graph
    return _checked(ref)


def require_there(model: str) -> None:
    """Refuses a name that `resolve` does not find, before anything else that was given with it is looked at.

    Raises:
        ModelError, DataError: as `resolve`.
    """
    known = Path(model).suffix == PROGRAM_SUFFIX or model in (*program_names(), *pretrained_names())
    if not known and _named_file(model) is None:
        raise _not_there(model)


def _not_there(model: str) -> ModelError:
    names, programs = pretrained_names(), program_names()
    looks_like_path = Path(model).suffix or len(Path(model).parts) > 1
    return ModelError(
        f"there is no file {model}" if looks_like_path else f"the zoo has no model {model!r}",
        "MODEL",
        f"{did_you_mean(model, (*names, *programs))}"
        "Name a .tflite file, the folder of a training, one of the zoo "
        f"({', '.join(names) or 'it is empty'}), or a program ({', '.join(programs)}).",
    )


def _of_program(path: Path, picture: PictureWish | None, labels: tuple[str, ...]) -> ModelRef:
    """The model of a program's file, with what the file says of it.

    Raises:
        ModelError, DataError: the file or its model can't be used.
    """
    if picture is not None or labels:
        raise ModelError(
            "a program's file says itself what its pictures and classes are",
            str(path),
            "Leave --picture, --mean, --std and --labels out.",
        )
    found: dict[str, ModelRef] = {}

    def networks(name: str) -> Network:
        if Path(name).suffix == path.suffix:
            raise ModelError(
                f"a stage runs a network, and {name!r} is a program",
                str(path),
                "Name a .tflite file or a model of the zoo.",
            )
        found.setdefault(name, resolve(name))
        card = found[name].card
        return Network(NetworkFacts.of(found[name].graph), card.facts if card else None)

    read = read_program(path, networks)
    refs = tuple(found[name] for name in read.models)
    if not refs:
        raise ModelError("no stage has a network", str(path), "Name a model in one of them.")
    return replace(
        refs[0],
        name=read.program.name,
        path=path,
        card=None,
        stated=read.program,
        networks=refs if read.program.told_in_parts else (),
    )


def _checked(ref: ModelRef) -> ModelRef:
    """The model, where its input is what a person says.

    Raises:
        ModelError: it is not.
    """
    if ref.picture is not None:
        assert ref.program.input.is_picture
    if ref.labels and ref.card is not None:
        raise ModelError(
            f"the card of {ref.name} says what its outputs are", "--labels", "Leave --labels out."
        )
    if ref.labels:
        _check_labels(ref)
    return ref


def _check_labels(ref: ModelRef) -> None:
    """Raise ModelError where the first output has not one value a class."""
    outputs = [tensor.shape for tensor in ref.file.outputs]
    values = math.prod(outputs[0]) if outputs else 0
    if values != len(ref.labels):
        raise ModelError(
            f"--labels names {len(ref.labels)} classes, output 0 has {values} values",
            ref.name,
            "Name each value of the first output once, in their order.",
        )


def _named_file(model: str) -> Path | None:
    """The file that is meant, None where there is none.

    Raises:
        ModelError: the name is one that no file can have, or of a user who is not known, or of a folder
            without a card.
        DataError: the card in a folder can't be read, or is that of another file.
    """
    try:
        path = Path(model).expanduser()
        if path.is_dir():
            return _of_folder(path)
        if path.exists() and not path.is_file():
            raise ModelError("this is no file", model, "Name a .tflite file.")
        return path if path.is_file() else None
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: ~ without such a user
        said = getattr(error, "strerror", None) or error
        raise ModelError(f"no file can be looked for ({said})", model[:100], "Check the name.") from error


def _of_folder(folder: Path) -> Path:
    """The file of the card in a folder, as _named_file says."""
    if not (folder / CARD_FILE).exists():
        cause, remedy = f"there is no {CARD_FILE} in it", "Name a .tflite file or the folder of a training."
        if any(folder.glob("*.ckpt.npz")):
            cause = "the training in this folder is not finished"
            remedy = "Finish it first: run its command again with --resume."
        raise ModelError(cause, str(folder), remedy)
    card = read_card(folder)
    card.read_model()  # refuses another file than the card's
    return card.model_path


def _at_path(error: ModelError, path: Path) -> ModelError:
    """The error with the path in it, where the reader knows only the graph's name."""
    if not error.where.startswith(path.stem):
        return error
    return type(error)(error.cause, f"{path}{error.where[len(path.stem) :]}", error.remedy)


def _with_way_out(error: ModelError, file: ModelFile) -> ModelError:
    """The error with TFLite-Micro as a remedy where its interpreter runs the file."""
    try:
        check_file(file)
        taken = runs(file.data)
    except TinyfaceError:
        return error
    return type(error)(error.cause, error.where, f"{error.remedy} {WAY_OUT}") if taken else error


@contextlib.contextmanager
def true_cause(ref: ModelRef) -> Iterator[None]:
    """Around what measures a model's arena: where none is enough and the core is refused, that is the error.

    Raises:
        ModelError: with the file's path; its remedy names the ahead-of-time runtime only where that takes it.
    """
    try:
        yield
    except NoArenaError as error:
        core = ref.core
        if isinstance(core, ModelError):
            raise type(core)(f"{core.cause}; {error.cause}", core.where, core.remedy) from error
        remedy = f"Use --runtime aot, which takes the model. {error.remedy}"
        raise ModelError(error.cause, str(ref.path), remedy) from error


def _card_beside(path: Path, data: bytes) -> Card | None:
    """The card in the file's folder, where it is the card of this very file."""
    file = path.with_name(CARD_FILE)
    if not file.is_file():
        return None
    card = read_card(file)
    return card if card.sha256 == hashlib.sha256(data).hexdigest() else None
