"""The recipe of one training: the network's own with what a person changes of it."""

from __future__ import annotations

from dataclasses import replace

from codegen.errors import DataError
from model_zoo.datasets.render_cache import Nobody, Watcher
from model_zoo.recipes import recipe_for
from model_zoo.training.options import TrainOptions
from model_zoo.training.overridden import clashes, in_words, refused
from model_zoo.training.recipe import Phase, Recipe
from model_zoo.training.recipe_file import changed, read_table, table_of


def own_recipe(options: TrainOptions, watcher: Watcher | None = None) -> Recipe:
    """The network's recipe with what a file and `key=value` words change.

    Args:
        watcher: hears of numbers in the file whose place an option takes.
    Raises:
        DataError: it has none, or a change does not fit.
        OptionError: a word and an option state the same number otherwise.
    """
    recipe = recipe_for(options.model)
    if options.recipe is not None:
        where, table, before = str(options.recipe), read_table(options.recipe), recipe
        recipe = changed(before, table, where)
        for clash in clashes(table, before, options):
            (watcher or Nobody()).warn(in_words(clash, where))
    words, before = table_of(options.changes), recipe
    recipe = changed(before, words, "--set")
    for clash in clashes(words, before, options):
        raise refused(clash)
    return recipe


def adjusted(recipe: Recipe, options: TrainOptions) -> Recipe:
    """The recipe with what the options override; short warm-ups for short runs, no phases without epochs
    but a float one, where weights that were named are to be quantized as they are.

    Raises:
        DataError: no float epoch is left, and no weights are named.
    """

    def phase(given: Phase) -> Phase:
        wanted = {"float": options.epochs, "qat": options.qat_epochs}.get(given.kind)
        epochs = given.epochs if wanted is None else wanted
        return replace(given, epochs=epochs, warm_up=min(given.warm_up, epochs // 4))

    if options.qat_epochs and not any(given.kind == "qat" for given in recipe.phases):
        raise DataError(
            "its recipe has no quantization-aware phase, so there are none of its epochs",
            options.model,
            "Leave --qat-epochs out: the network is quantized after training.",
        )
    phases = tuple(p for p in (phase(given) for given in recipe.phases) if p.epochs > 0)
    if not any(p.kind != "qat" for p in phases):
        if not options.init:
            raise DataError(
                "without float epochs nothing is learnt, so there is nothing to ship",
                options.model,
                "Train at least one with --epochs, or name weights with --init that have learnt.",
            )
        last = [given for given in recipe.phases if given.kind == "float"][-1]
        # The weights that it goes on from; no epoch listens to a teacher.
        phases = (replace(last, epochs=0, warm_up=0, teacher=0.0, features=0.0), *phases)
    return replace(recipe, batch=options.batch or recipe.batch, phases=phases)
