"""Programs from TOML files: every key, and every kind of mistake."""

from __future__ import annotations

import numpy as np
import pytest

from codegen.errors import DataError, ModelError
from codegen.program.decoders.boxes import Boxes, Form, Level
from codegen.program.decoders.classes import Classes
from codegen.program.decoders.points import Points
from codegen.program.known import Network
from codegen.program.read import read_program
from codegen.program.spec import InputSpec, Layout
from codegen.program.stages import NetworkFacts, Scale, Source
from tests.toys.programs import anchor_network, class_network, landmark_network

GRAPHS = {
    "find": anchor_network(24, 32, 4, 1, "finder"),
    "kinds": class_network(3, 5),
    "mark": landmark_network(),
}
NETWORKS = {name: NetworkFacts.of(graph) for name, graph in GRAPHS.items()}
FOUND = {name: Network(facts) for name, facts in NETWORKS.items()}
CASCADE = """\
name = "toy"

[[stage]]
name = "find"
model = "find"
picture = "gray"
mean = 128
std = 128
source = "whole"
scale = [{size = 1}, {size = 0.5, columns = 3, rows = 2}]
most = 30
[stage.decoder]
kind = "boxes"
threshold = 0.25
overlap = 0.5
keep = 4
key_points = 1
[[stage.decoder.level]]
scores = 0
boxes = 1
columns = 8
rows = 6
unit = 4
anchors = [[1, 1.5]]
form = "exponential"

[[stage]]
name = "mark"
model = "mark"
picture = "gray"
mean = 128
std = 128
source = "items"
of = "find"
margin = 1.5
most = 4
every = 2
[stage.decoder]
kind = "points"
mean = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
"""


def read(folder, text):
    file = folder / "toy.toml"
    file.write_text(text, encoding="utf-8")
    return read_program(file, FOUND.__getitem__)


def test_every_key_of_a_cascade(tmp_path):
    found = read(tmp_path, CASCADE)
    assert found.models == ("find", "mark")
    find, mark = found.program.stages
    gray = InputSpec(Layout.GRAY, 32, 24, -128)
    assert (find.name, find.model, find.input, find.source) == ("find", 0, gray, Source.WHOLE)
    assert (find.most, find.scales) == (30, (Scale(256), Scale(128, 3, 2)))
    scores, boxes = NETWORKS["find"].outputs
    sizes = tuple(
        round(65536 * 4 * float(np.exp(np.float64(q - boxes.zero_point) * boxes.scale)))
        for q in range(-128, 128)
    )
    level = Level(
        0, 1, 8, 6, round(boxes.scale * 4 * 65536), boxes.zero_point, round(scores.scale * 4096 * 65536),
        scores.zero_point, anchors_q8=((256, 384),), form=Form.EXPONENTIAL, sizes_q16=sizes,
    )  # fmt: skip
    assert find.decoder == Boxes((level,), 1024, 128, 4, key_points=1)
    output = NETWORKS["mark"].outputs[0]
    mean = tuple(round(k * 2**24 / 10) for k in range(1, 11))
    assert mark.decoder == Points(mean, round(output.scale * 2**24), output.zero_point)
    assert (mark.of, mark.margin_q8, mark.most, mark.every, mark.model) == ("find", 384, 4, 2, 1)


def test_what_is_not_said_is_usual(tmp_path):
    (tmp_path / "names.txt").write_text("a\nb\nc\nd\ne\n")
    text = '[[stage]]\nname = "k"\nmodel = "kinds"\npicture = "rgb"\nlabels = "names.txt"\n'
    (stage,) = read(tmp_path, text + '[stage.decoder]\nkind = "classes"\n').program.stages
    assert (stage.source, stage.decoder, stage.most, stage.every) == (Source.CENTRE, Classes(5), 1, 1)
    assert stage.labels == ("a", "b", "c", "d", "e")
    (tensor,) = read(tmp_path, '[[stage]]\nname = "k"\nmodel = "kinds"\n').program.stages
    assert (tensor.source, tensor.input, tensor.decoder.NAME) == (Source.NONE, InputSpec(), "raw")


def test_marks_with_and_without_an_answer(tmp_path):
    start = '[[stage]]\nname = "m"\nmodel = "find"\npicture = "gray"\nmean = 128\nstd = 128\n'
    text = start + '[stage.decoder]\nkind = "marks"\npoints = 1\n'
    scores, boxes = NETWORKS["find"].outputs
    (stage,) = read(tmp_path, text).program.stages
    assert stage.decoder.shape == Points((0,) * 288, round(boxes.scale * 2**24), boxes.zero_point)
    assert (stage.decoder.output, stage.decoder.presence, stage.decoder.score_scale_q16) == (1, -1, 0)
    with pytest.raises(ModelError, match="int8 of 1 values, output 0 is another"):
        read(tmp_path, text + "presence = 0\nforehead = 0.5\n")
    for wrong in ("presence = 2\n", "presence = -1\n", "points = 7\n", "forehead = 1.1\n"):
        with pytest.raises((ModelError, DataError)):
            read(tmp_path, text + wrong)
    assert scores.scale > 0


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ('name = "find"\n', "", "name is missing"),
        ("most = 30", 'most = "many"', "most is 'many', not a whole number"),
        ("most = 30", "most = 3", "keeps 4 boxes"),
        ("threshold = 0.25", "threshold = nan", "threshold is nan"),
        ("threshold = 0.25", "threshhold = 0.25", "threshold is missing"),
        ("keep = 4", "keep = 4\nkeeep = 4", "unknown keys: 'keeep'"),
        ('kind = "boxes"', 'kind = "circles"', "there is no decoder 'circles'"),
        ('source = "whole"', 'source = "half"', "source is 'half', not centre or whole"),
        ('form = "exponential"', 'form = "round"', "form is 'round'"),
        ("scores = 0", "scores = 7", "no output with a scale"),
        ("columns = 8", "columns = 9", "values of output 0"),
        ("anchors = [[1, 1.5]]", "anchors = [1, 2]", "anchors is no list"),
        ('of = "find"', 'of = "mark"', "no stage that it can look at"),
        ("std = 128", "std = 0", "std is below 1e-06"),
        ("{size = 1}", "{size = 2}", "out of range"),
        ("0.9, 1.0]", "0.9]", "out of range"),
        ("rows = 6", "rows = 6\nturn = 1", "unknown keys: 'turn'"),
        ('name = "toy"', "name = 1", "name is 1, not a text"),
        ('picture = "gray"\nmean = 128', 'picture = "tensor"\nmean = 128', "a tensor has no mean"),
    ],
)
def test_mistakes_are_named(tmp_path, old, new, cause):
    assert old in CASCADE
    with pytest.raises(ModelError, match=cause):
        read(tmp_path, CASCADE.replace(old, new, 1))


@pytest.mark.parametrize("text", ["name = ", "\x00", "stage = 1\n"])
def test_what_is_no_program(tmp_path, text):
    with pytest.raises((DataError, ModelError), match=r"can't be read|no list of tables"):
        read(tmp_path, text)


def test_no_such_file(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_program(tmp_path / "none.toml", FOUND.__getitem__)
