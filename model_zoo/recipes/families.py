"""Recipe of the landmark families that are compared: one for all, so that bodies differ and nothing else."""

from __future__ import annotations

from dataclasses import replace

from model_zoo.recipes import recipe
from model_zoo.recipes.pfld import pfld_68_96_live
from model_zoo.training.recipe import Recipe


@recipe("pfld-68-96-live-micro")
@recipe("tinyface-cnn-68-96-live")
@recipe("blaze-landmarks-68-96-live")
@recipe("shufflenet-v2-68-96-live")
@recipe("squeezenet-68-96-live")
@recipe("efficientnet-lite-68-96-live")
@recipe("attention-cnn-68-96-live")
@recipe("mnas-lite-68-96-live")
@recipe("mobilevit-lite-68-96-live")
@recipe("pfld-68-96-live-free")
def half_as_long() -> Recipe:
    """As the shipped network's for moving pictures, in half the epochs."""
    given = pfld_68_96_live()
    return replace(given, phases=tuple(replace(phase, epochs=phase.epochs // 2) for phase in given.phases))
