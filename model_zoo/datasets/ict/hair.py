"""Hair, beards, caps and scarves: where they lie on the atlas, how far they stand out, what hangs down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from model_zoo.datasets.ict.anatomy import ATLAS, Anatomy, Rows, atlas_grid
from model_zoo.datasets.ict.person import Person
from model_zoo.datasets.ict.skin import by, layer, noise

RAMP_CM = 2.2
"""Hair rises to its full height over so much."""
FROM_CM, TO_CM = 9.5, -17.0
"""Where hanging hair starts and where the longest ends."""


@dataclass(frozen=True, eq=False)
class Covered:
    """What grows or lies on a person's skin.

    Attributes:
        amount: float32 ATLAS, 0 bare to 1 covered, as the skin is seen.
        albedo: float32 ATLAS, of what covers.
        height: float32 [V], how far it stands out, cm.
        fabric: float32 ATLAS, albedo of clothes.
        sheet: what hangs down: float32 [R, C, 3] places in cm; None: nothing.
    """

    amount: Rows
    albedo: Rows
    height: Rows
    fabric: Rows
    sheet: Rows | None


def covered(anatomy: Anatomy, who: Person) -> Covered:
    """Hair and beard of a person."""
    rng = np.random.default_rng((who.seed, 2))
    cloth = who.hair_style in ("cap", "scarf")
    above = _above_line(anatomy, who, rng)
    ragged = 0.25 * noise(rng, 64, 160) + 0.25 * noise(rng, 16, 40)
    sharp = 3.0 if cloth else float(rng.uniform(0.8, 2.5))
    hair = np.clip((above + (0 if cloth else ragged)) * sharp + 0.5, 0, 1).astype(np.float32)
    if who.hair_style == "bald":
        hair *= np.float32(rng.uniform(0, 0.25))
    beard, thick = _beard(anatomy, who, rng)
    albedo = _strands(rng, who.cloth if cloth else who.hair, cloth)
    rise = np.clip(above / RAMP_CM, 0, 1) * _thickness(who, rng)
    rise = rise * np.interp(atlas_grid()[1], [-2, 6], [0.35, 1])  # closer to the head below
    height = anatomy.at_vertices(np.asarray(rise, np.float32))
    height[anatomy.ears] = 0
    height = np.maximum(height, anatomy.at_vertices(beard) * np.float32(thick))
    height[~anatomy.skin] = 0
    fabric = _strands(rng, who.cloth, True)
    dressed = _dressed(rng)
    return Covered(
        amount=np.maximum(np.maximum(hair, beard * _whiskers(rng, who)), dressed),
        albedo=np.where(dressed, fabric, albedo),
        height=height.astype(np.float32),
        fabric=fabric,
        sheet=_sheet(anatomy, who, rng),
    )


def _above_line(anatomy: Anatomy, who: Person, rng: np.random.Generator) -> Rows:
    """How far each place of the atlas lies above the line at which hair begins, cm: float32 ATLAS."""
    azimuth, height = atlas_grid()
    around = np.abs(azimuth)
    brow, ear = float(anatomy.mesh.neutral[anatomy.mesh.landmarks[[19, 24]], 1].mean()), 3.7
    forehead = brow + float(rng.uniform(3.2, 5.6))
    temple, sideburn = brow + float(rng.uniform(0.5, 3.0)), ear + float(rng.uniform(-3.5, 1.0))
    nape = float(rng.uniform(-8, -4))
    if who.hair_style == "receding":
        forehead, temple = brow + float(rng.uniform(5.5, 10)), brow + float(rng.uniform(3, 7))
    elif who.hair_style == "cap":
        forehead = temple = brow + float(rng.uniform(0.8, 3.5))
        sideburn, nape = ear + float(rng.uniform(-1, 2.5)), 0.0
    elif who.hair_style == "scarf":
        forehead = temple = brow + float(rng.uniform(1.5, 4))
        sideburn, nape = -6.0, -14.0
    elif who.hair_style in ("long", "bob", "short") and rng.random() < 0.3:  # a fringe
        forehead, temple = brow + float(rng.uniform(-0.3, 2.5)), brow + float(rng.uniform(-0.5, 2.5))
    at = [0.0, 0.45, 0.85, 1.15, 1.35, 1.6, 1.9, np.pi]
    line = [forehead, forehead - 0.2, temple, min(temple, brow), sideburn, sideburn + 1, nape + 5, nape]
    swing = float(rng.normal(0, 0.7)) * np.sin(azimuth * 2) * (around < 1.2)  # a parting
    return np.asarray(height - np.interp(around, at, line) + swing, np.float32)


def _dressed(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Where clothes lie on neck and shoulders: bool ATLAS."""
    azimuth, height = atlas_grid()
    collar = (
        -10.5 + rng.normal(0, 0.8) - rng.uniform(0, 3.5) * np.clip(np.cos(azimuth), 0, 1) ** rng.uniform(1, 6)
    )
    return np.asarray(height < collar, np.bool_)


def _thickness(who: Person, rng: np.random.Generator) -> Rows:
    """How thick hair lies, cm: float32 ATLAS."""
    base = {"bald": 0.0, "receding": 0.4, "afro": 2.5, "cap": 0.9, "scarf": 0.7}.get(who.hair_style, 0.8)
    if who.hair_style == "bald":
        return np.zeros(ATLAS, np.float32)
    if who.hair_style in ("cap", "scarf"):
        return np.asarray(base + 0.15 * noise(rng, 6, 10), np.float32)
    full = base + who.hair_cm * {"afro": 1.3, "receding": 0.2}.get(who.hair_style, 0.8)
    lumps = 1 + 0.25 * noise(rng, 5, 9) + 0.12 * noise(rng, 20, 40)
    return np.asarray(np.clip(full * lumps, 0.1, None), np.float32)


def _strands(rng: np.random.Generator, albedo: float, cloth: bool) -> Rows:
    """Albedo of hair, in strands that run down, or of cloth: float32 ATLAS."""
    if cloth:
        folds = 1 + 0.12 * noise(rng, 8, 20)
        if rng.random() < 0.4:
            _, height = atlas_grid()
            folds = folds * (1 + rng.uniform(-0.6, 0.6) * np.sign(np.sin(height * rng.uniform(0.5, 4))))
        return np.asarray(np.clip(albedo * folds, 0.004, 1), np.float32)
    curly = rng.random() < 0.3
    fine = noise(rng, 110, 200) if curly else noise(rng, int(rng.integers(6, 20)), 224)
    locks = noise(rng, 30, 60) if curly else noise(rng, 5, 56)
    gray = rng.uniform(0.1, 0.5) if rng.random() < 0.2 else 0.0
    made = albedo * np.exp(0.35 * fine + 0.3 * locks) + gray * np.clip(0.5 + 0.4 * fine, 0, 1)
    return np.asarray(np.clip(made, 0.004, 0.9), np.float32)


def _beard(anatomy: Anatomy, who: Person, rng: np.random.Generator) -> tuple[Rows, float]:
    """Where a beard grows, float32 ATLAS from 0 to 1, and how thick it is, cm."""
    if who.beard == "none":
        return np.zeros(ATLAS, np.float32), 0.0
    jaw = anatomy.places(list(range(17)))
    mouth = anatomy.places(list(range(48, 60)))
    nose = anatomy.places([31, 33, 35])
    below = jaw[[4, 6, 8, 10, 12]] + np.array([[0, 10], [0, 18], [0, 22], [0, 18], [0, 10]])

    def draw(canvas: ImageDraw.ImageDraw) -> None:
        def fill(points: NDArray[np.floating], value: int = 255) -> None:
            canvas.polygon([(float(x), float(y)) for x, y in points], fill=value)

        lip = np.concatenate([mouth[[0, 1, 2, 3, 4, 5, 6]], by(nose[::-1], 0, 4)])
        if who.beard in ("full", "stubble"):
            inner = [by(jaw[1], 6, 4), by(mouth[0], -9, -6), by(mouth[0], -3, -9), by(mouth[6], 3, -9)]
            inner += [by(mouth[6], 9, -6), by(jaw[15], -6, 4)]
            fill(np.concatenate([jaw[1:2], below[:1], below[1:], jaw[15:16], np.array(inner)[::-1]]))
        if who.beard in ("full", "stubble", "moustache", "goatee"):
            fill(np.concatenate([lip, [by(mouth[0], -4, 4), by(mouth[0], -4, -2)]]))
            arch = (by(mouth[0], -3, 2), by(nose[1], 0, 6), by(mouth[6], 3, 2))
            canvas.line([(float(x), float(y)) for x, y in arch], fill=255, width=6)
        if who.beard == "goatee":
            fill(np.array([by(mouth[0], -3, 0), by(mouth[6], 3, 0), by(jaw[9], 2, 5), by(jaw[7], -2, 5)]))
        fill(mouth, 0)

    grown = layer(draw, 3.0)
    grown *= 1 - layer(lambda d: d.polygon([(float(x), float(y)) for x, y in mouth], fill=255), 0.8)
    thick = 0.0 if who.beard == "stubble" else float(rng.gamma(2.0, 0.25))
    return grown, thick


def _whiskers(rng: np.random.Generator, who: Person) -> Rows:
    """How densely a beard covers the skin, float32 ATLAS."""
    dense = float(rng.uniform(0.15, 0.55) if who.beard == "stubble" else rng.uniform(0.6, 1.3))
    spots = 0.25 * noise(rng, 128, 224) + 0.15 * noise(rng, 24, 40)
    return np.clip(dense * (1 + spots), 0, 1).astype(np.float32)


def _sheet(anatomy: Anatomy, who: Person, rng: np.random.Generator) -> Rows | None:
    """Hair or a scarf that hangs down beside and behind the face."""
    if who.hair_style not in ("long", "bob", "scarf"):
        return None
    inner = float(rng.uniform(0.8, 1.35)) if who.hair_style != "scarf" else float(rng.uniform(1.0, 1.3))
    end = TO_CM if who.hair_style != "bob" else float(rng.uniform(-9, -2))
    rows, columns = 20, 44
    azimuth = np.linspace(inner, 2 * np.pi - inner, columns)
    height = np.linspace(FROM_CM, end, rows)[:, None]
    wide = 1 + 0.06 * rng.standard_normal(columns)
    wide = np.convolve(np.pad(wide, 2, mode="edge"), np.ones(5) / 5, "valid")
    down = np.clip((FROM_CM - height) / 12, 0, 2)
    out = (
        8.0
        + who.hair_cm
        + 1.0 * np.sqrt(down) * float(rng.uniform(-0.4, 2.0))
        + 0.4 * np.sin(down * float(rng.uniform(2, 7)) + azimuth * 3)
    )
    cap = np.sqrt(np.clip(1 - np.clip((height - 4) / 12, 0, 1) ** 2, 0, 1))
    reach = out * wide * cap
    depth = float(anatomy.mesh.neutral[anatomy.mesh.landmarks[[0, 16]], 2].mean()) - 3.5
    return np.stack(
        [
            reach * np.sin(azimuth),
            np.broadcast_to(height, reach.shape),
            depth + reach * np.cos(azimuth) * 1.1,
        ],
        -1,
    ).astype(np.float32)
