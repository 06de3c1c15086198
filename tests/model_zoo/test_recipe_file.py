"""Recipes from TOML and from `key=value`: what they change, what they refuse, and the way back."""

from __future__ import annotations

import itertools
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from codegen.errors import DataError, OptionError
from host_tools.cli import app
from model_zoo.datasets.render_cache import Nobody
from model_zoo.recipes import recipe_for
from model_zoo.training.chosen_recipe import adjusted, own_recipe
from model_zoo.training.course import begin
from model_zoo.training.options import TrainOptions
from model_zoo.training.recipe_file import changed, differences, table_of
from model_zoo.training.teacher import require_listeners
from model_zoo.training.write_card import train_again

NAME = "pfld-68-96-pico"
FILE = """
batch = 16
margin = 1
[task]
wing_width = 0.2
augment = {flip = 0.25}
[phases.float]
epochs = 7
"""


def options(tmp_path: Path, *words: str, text: str | None = None) -> TrainOptions:
    file = tmp_path / "recipe.toml"
    if text is not None:
        file.write_text(text)
    return TrainOptions(NAME, tmp_path / "run", recipe=None if text is None else file, changes=words)


def test_a_file_and_words_change_a_recipe_and_nothing_else(tmp_path: Path) -> None:
    assert own_recipe(options(tmp_path)) == recipe_for(NAME)
    recipe = own_recipe(options(tmp_path, "phases.qat.rate=1e-5", "batch=8", text=FILE))
    assert (recipe.batch, recipe.margin, recipe.task.wing_width, recipe.task.augment.flip) == (
        8,
        1.0,
        0.2,
        0.25,
    )
    assert [(phase.epochs, phase.rate) for phase in recipe.phases] == [(7, 4e-3), (10, 1e-5)]
    assert sorted(word.partition("=")[0] for word in differences(recipe, recipe_for(NAME))) == [
        "batch", "margin", "phases.float.epochs", "phases.qat.rate", "task.augment.flip", "task.wing_width",
    ]  # fmt: skip


def test_a_list_takes_the_place_of_all_phases(tmp_path: Path) -> None:
    entry = "epochs = 3\nwarm_up = 0\nrate = 1e-3\nweight_decay = 0\nweight_average = 0.9\n"
    text = f'[[phases]]\nname = "only"\nkind = "float"\n{entry}'
    recipe = own_recipe(options(tmp_path, text=text))
    assert [(phase.name, phase.epochs, phase.weight_decay) for phase in recipe.phases] == [("only", 3, 0.0)]


@pytest.mark.parametrize("file", [None, FILE, FILE.replace("[phases.float]", "[phases.qat]")])
def test_the_command_of_a_card_gives_the_same_recipe(tmp_path: Path, file: str | None) -> None:
    given = options(tmp_path, "phases.float.warm_up=1", text=file)
    recipe = adjusted(own_recipe(given), given)
    words = shlex.split(train_again(given, recipe, "synthetic"))
    sets = tuple(word for before, word in itertools.pairwise(words) if before == "--set")
    assert "--recipe" not in words
    again = TrainOptions(NAME, tmp_path, changes=sets)
    assert adjusted(own_recipe(again), again) == recipe


def test_the_command_of_a_card_is_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell gives the command the same options again, whatever their names hold."""
    asked: list[TrainOptions] = []

    def train(options: TrainOptions, console: object) -> None:
        asked.append(options)
        raise DataError("only asked")

    monkeypatch.setattr("model_zoo.training.train.train", train)
    given = TrainOptions(
        NAME,
        tmp_path,
        data=Path('my `faces` & "others\'"; *'),
        epochs=3,
        qat_epochs=0,
        batch=8,
        seed=7,
        limit=20,
        teacher=Path("-a $HOME"),
        init=("runs/the first, 100 %", "runs/b"),
        changes=("phases.float.rate=1e-3", "task.wing_width=0.5"),
    )
    command = train_again(given, adjusted(own_recipe(given), given), "landmarks")
    words = shlex.split(command)
    assert words[0] == "tinyface"
    CliRunner().invoke(app, [*words[1:], "-o", str(tmp_path)])
    expected = replace(
        given, dataset="landmarks", teacher="./-a $HOME", changes=asked[0].changes, quiet=False
    )
    assert asked == [expected]
    assert adjusted(own_recipe(asked[0]), asked[0]) == adjusted(own_recipe(given), given)


def test_other_phases_go_through_the_command_too() -> None:
    stated = recipe_for("pfld-68-96-pico")
    numbers = "epochs = 2, warm_up = 0, rate = 1e-05, weight_decay = 0.0, weight_average = 0.9"
    entry = f'{{name = "a", kind = "float", {numbers}}}'
    recipe = changed(stated, table_of([f"phases=[{entry}]"]), "--set")
    assert changed(stated, table_of(differences(recipe, stated)), "--set") == recipe


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("batch", "no key=value"),
        ("=3", "no key=value"),
        ("batches=3", "no batches"),
        ("phases.flot.rate=1", "no phase flot"),
        ("phases.float.rat=1", "no phases.float.rat"),
        ("phases.float=1", "phases.float is a table"),
        ("phases=1", "neither a table nor a list"),
        ("phases=[{}]", "a phase lacks name"),
        ("task=1", "task is a table"),
        ("task.wing_width=wide", "task.wing_width can't be 'wide'"),
        ("phases.float.rate=nan", "phases.float.rate can't be nan"),
        ("phases.float.rate=-1", "phases.float.rate can't be -1.0"),
        ("batch=1.5", "batch can't be 1.5"),
        ("batch=true", "batch can't be True"),
        (f"phases.float.rate=1{'0' * 400}", "phases.float.rate can't be inf"),
        (f"phases.float.rate={'x' * 400}", "(322 characters more)"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, word: str, cause: str) -> None:
    with pytest.raises(DataError) as caught:
        own_recipe(options(tmp_path, word))
    assert cause in caught.value.cause
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("word", "cause"),
    [
        ("batch=0", "the batch is 0"),
        ("margin=0.0", "the margin is 0.0; it may be from 0.5 to 4"),
        ("margin=9", "the margin is 9.0; it may be from 0.5 to 4"),
        ("calibration_images=0", "the calibration_images is 0; it may be 1 or more"),
        ("task.augment.flip=2", "the task.augment.flip is 2.0; it may be from 0 to 1"),
        ("range_decay=1.5", "the range_decay is 1.5"),
        ("phases.float.weight_average=1.5", "the weight_average of float is 1.5"),
        ("phases.qat.teacher=2", "the teacher of qat is 2.0"),
        ("phases.float.name=../x", "'../x' is no name of a phase"),
        ("phases.float.kind=half", "of the kind 'half'"),
        ("phases.float.name=qat", "two phases are called qat"),
        ("phases=[]", "begins with no float phase"),
    ],
)
def test_numbers_without_sense_are_refused(tmp_path: Path, word: str, cause: str) -> None:
    with pytest.raises(DataError) as caught:
        own_recipe(options(tmp_path, word)).check(NAME)
    assert cause in caught.value.cause


def test_words_do_not_contradict_each_other(tmp_path: Path) -> None:
    for words in (("batch=1", "batch=2"), ("batch=1", "batch.a=2")):
        with pytest.raises(DataError, match=r"twice|inside a value"):
            own_recipe(options(tmp_path, *words))


class Heard(Nobody):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def warn(self, text: str) -> None:
        self.told.append(text)


PHASES = 'phases=[{name="a", kind="float", epochs=7, warm_up=0, rate=1e-3, weight_decay=0, weight_average=0}]'


@pytest.mark.parametrize(
    ("word", "given", "named"),
    [
        ("batch=8", {"batch": 16}, "--batch 16 and --set batch=8"),
        ("phases.float.epochs=7", {"epochs": 3}, "--epochs 3 and --set phases.float.epochs=7"),
        ("phases.qat.epochs=7", {"qat_epochs": 0}, "--qat-epochs 0 and --set phases.qat.epochs=7"),
        (PHASES, {"epochs": 3}, "--epochs 3 and --set phases.a.epochs=7"),
    ],
)
def test_a_number_that_two_options_state_is_refused(
    tmp_path: Path, word: str, given: dict[str, int], named: str
) -> None:
    (key,) = given
    stated = replace(options(tmp_path, word), **given)
    with pytest.raises(OptionError, match="state the same number") as caught:
        own_recipe(stated)
    assert named in caught.value.cause
    value = 8 if key == "batch" else 7
    assert own_recipe(replace(stated, **{key: value})) == own_recipe(replace(stated, **{key: None}))


def test_a_number_of_a_file_whose_place_an_option_takes_is_told(tmp_path: Path) -> None:
    heard = Heard()
    given = replace(options(tmp_path, "phases.qat.rate=1e-5", text=FILE), epochs=3, batch=8, qat_epochs=2)
    recipe = adjusted(own_recipe(given, heard), given)
    assert (recipe.batch, [phase.epochs for phase in recipe.phases]) == (8, [3, 2])
    where = tmp_path / "recipe.toml"
    assert heard.told == [
        f"--batch 8 takes the place of batch = 16 in {where}",
        f"--epochs 3 takes the place of phases.float.epochs = 7 in {where}",
    ]


@pytest.mark.parametrize(("text", "cause"), [("batch 3", "is no TOML"), ("[task]\nodd = 1", "no task.odd")])
def test_a_wrong_file_is_named(tmp_path: Path, text: str, cause: str) -> None:
    with pytest.raises(DataError, match=cause) as caught:
        own_recipe(options(tmp_path, text=text))
    assert caught.value.where.endswith("recipe.toml")
    with pytest.raises(DataError, match="can't be read"):
        own_recipe(TrainOptions(NAME, tmp_path, recipe=tmp_path / "none.toml"))
    with pytest.raises(DataError, match="it is a folder"):
        own_recipe(TrainOptions(NAME, tmp_path, recipe=tmp_path))


def test_the_mark_that_editors_put_in_front_is_taken(tmp_path: Path) -> None:
    given = options(tmp_path, text="\ufeffbatch = 3")
    assert own_recipe(given).batch == 3


@pytest.mark.parametrize("word", ["phases.float.kind=half", "phases=[]"])
def test_a_wrong_phase_is_named_before_epochs_are_counted(tmp_path: Path, word: str) -> None:
    with pytest.raises(DataError, match=r"of the kind 'half'|begins with no float phase"):
        begin(options(tmp_path, word))


def test_the_command_takes_files_and_words(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text("[phases.float]\nepochs = 3\n")
    words = ["train", NAME, "-o", str(tmp_path / "run"), "--recipe", str(file), "--set", "batch=8"]
    for further, named in (
        ("task.wing=1", "a recipe has no task.wing"),
        ("range_decay=3", "range_decay is 3.0"),
    ):
        told = CliRunner().invoke(app, [*words, "--set", further], catch_exceptions=False)
        assert told.exit_code == 2
        assert named in " ".join(told.stderr.split())
    assert not (tmp_path / "run").exists()


def test_a_table_of_a_new_name_with_a_kind_is_a_phase_more(tmp_path: Path) -> None:
    words = ("phases.smaller.kind=prune", "phases.smaller.share=0.5", "phases.few.kind=cluster")
    recipe = own_recipe(options(tmp_path, *words))
    recipe.check(NAME)
    assert [(phase.name, phase.kind) for phase in recipe.phases] == [
        ("float", "float"), ("smaller", "prune"), ("few", "cluster"), ("qat", "qat"),
    ]  # fmt: skip
    first, pruning = recipe.phases[:2]
    assert (pruning.epochs, pruning.rate, pruning.share) == (first.epochs // 4, first.rate / 4, 0.5)
    stated = recipe.to_json()["phases"]
    assert [{"share", "clusters"} & set(phase) for phase in stated] == [set(), {"share"}, {"clusters"}, set()]
    again = changed(recipe_for(NAME), table_of(differences(recipe, recipe_for(NAME))), "--set")
    assert again == recipe
    fewer = own_recipe(options(tmp_path, *words, "phases.few.epochs=0"))
    assert "few" not in [p.name for p in adjusted(fewer, options(tmp_path)).phases]
    longer = adjusted(recipe, replace(options(tmp_path), epochs=3, qat_epochs=2))
    assert [phase.epochs for phase in longer.phases] == [3, 15, 15, 2]


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("phases.p.kind=halve",), "the phase p is of the kind 'halve'; there are float, prune"),
        (("phases.p.kind=prune", "phases.p.share=1.0"), "the phases.p.share is 1.0; it may be from 0.01 to"),
        (("phases.p.kind=prune", "phases.p.score=l2"), "the phases.p.score is 'l2'; it may be l1, scale"),
        (("phases.p.kind=sparse", "phases.p.score=scale"), "a sparse phase reads none"),
        (("phases.float.share=0.5",), "the phases.float.share is 0.5, and a float phase reads none"),
        (("phases.p.kind=cluster", "phases.p.clusters=1"), "the phases.p.clusters is 1; it may be from 2 to"),
        (("phases.p.kind=low_rank", "phases.p.energy=2"), "the phases.p.energy is 2.0; it may be from 0.01"),
    ],
)
def test_numbers_of_phases_that_make_no_sense_are_refused(
    tmp_path: Path, words: tuple[str, ...], cause: str
) -> None:
    with pytest.raises(DataError) as caught:
        own_recipe(options(tmp_path, *words)).check(NAME)
    assert cause in caught.value.cause


def test_prune_on_the_command_line_is_a_phase_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[TrainOptions] = []

    def train(options: TrainOptions, console: object) -> None:
        asked.append(options)
        raise DataError("only asked")

    monkeypatch.setattr("model_zoo.training.train.train", train)
    words = ["train", NAME, "--prune", "0.5", "--set", "phases.prune.score=scale", "-o", str(tmp_path)]
    CliRunner().invoke(app, words)
    recipe = own_recipe(asked[0])
    recipe.check(NAME)
    (pruning,) = [phase for phase in recipe.phases if phase.kind == "prune"]
    assert (pruning.name, pruning.share, pruning.score) == ("prune", 0.5, "scale")


def test_a_phase_that_keeps_named_weights_listens_to_no_teacher(tmp_path: Path) -> None:
    words = ("phases.float.teacher=0.5", "phases.float.features=2.0", "phases.qat.teacher=0")
    given = replace(options(tmp_path, *words), epochs=0, init=("run",))
    recipe = adjusted(own_recipe(given), given)
    assert [(phase.kind, phase.epochs, phase.taught) for phase in recipe.phases] == [
        ("float", 0, False),
        ("qat", 10, False),
    ]
    require_listeners(recipe.phases, NAME, None)
    with pytest.raises(DataError, match="listens to a teacher"):
        require_listeners(recipe.phases, NAME, "another")
