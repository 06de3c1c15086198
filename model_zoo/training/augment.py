"""Augmentation of landmark pictures: one random affine crop a picture, then light, blur, noise, occlusion.

Everything is drawn from a NumPy generator, so a batch is a function of its seed. Geometry is one affine map
from the crop to the picture (flip, rotation, stretch, scale, shift together). Where a pixel of the crop is
hardly larger than one of the picture, one bilinear sample is as near to the deployed program's area average
as the mean of four; where it is larger, the crop is sampled at twice its size and halved by averaging.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from model_zoo.datasets.samples import Pictures
from model_zoo.training.ranges import outside

RANGES = {
    "flip": (0.0, 1.0),
    "rotation_deg": (0.0, 180.0),
    "scale": (0.0, 1.0),
    "shift": (0.0, 1.0),
    "stretch": (0.0, 0.5),
    "light": (0.0, 1.0),
    "gradient": (0.0, 1.0),
    "blur": (0.0, 1.0),
    "noise": (0.0, 1.0),
    "occlusion": (0.0, 1.0),
}
"""Of how far augmentations go."""


@dataclass(frozen=True)
class AugmentSpec:
    """How far each augmentation goes.

    Attributes:
        flip: probability of mirroring.
        rotation_deg: largest turn either way; turns are normal with half of it as deviation, then cut.
        scale: deviation of the crop side's logarithm, cut at twice that.
        shift: deviation of the crop's centre in face-box sides, cut at twice that.
        stretch: largest relative stretch of one axis against the other.
        light: probability of a new brightness, contrast and gamma.
        gradient: probability of a light that changes across the picture.
        blur, noise, occlusion: probabilities of each.
    """

    flip: float = 0.5
    rotation_deg: float = 30.0
    scale: float = 0.03
    shift: float = 0.02
    stretch: float = 0.06
    light: float = 0.7
    gradient: float = 0.25
    blur: float = 0.25
    noise: float = 0.3
    occlusion: float = 0.3

    def senseless(self) -> str:
        """What of it no training can have; "" where all is sound."""
        return outside(self, RANGES, "task.augment.")


ONE_SAMPLE_PX = 1.25
"""Up to so many picture px a step from pixel to pixel of the crop, one sample a pixel is enough."""
NONE = AugmentSpec(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)


def flip(
    pictures: NDArray[np.uint8], points: NDArray[np.float32], mirror: tuple[int, ...]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Mirrors pictures [N, H, W] and points [N, P, 2] (px), with the points renumbered."""
    mirrored = points[:, mirror].copy()
    mirrored[..., 0] = pictures.shape[2] - 1 - mirrored[..., 0]
    return pictures[:, :, ::-1].copy(), mirrored


def apply(matrices: NDArray[np.float64], vectors: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """Each of N matrices on its vectors: [N, 2, 2] on [N, P, 2] -> float64 [N, P, 2]."""
    moved: NDArray[np.float64] = vectors @ matrices.transpose(0, 2, 1)
    return moved


def inverse_of(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each of N matrices [N, 2, 2]."""
    (a, b), (c, d) = matrices.transpose(1, 2, 0)
    inverse: NDArray[np.float64] = (np.array([[d, -b], [-c, a]]) / (a * d - b * c)).transpose(2, 0, 1)
    return inverse


def extent_of(points: NDArray[np.floating[Any]]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Least and greatest x and y of points [N, P, 2]: two of [N, 2]."""
    rows = np.ascontiguousarray(points.transpose(0, 2, 1))
    return rows.min(-1), rows.max(-1)


def drawn_changes(
    n: int, spec: AugmentSpec, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64], NDArray[np.float64]]:
    """How n faces and their crops are changed.

    Returns:
        float64 [n, 2, 2], the map of the face: turned, mirrored, stretched; bool [n], mirrored or not;
        float64 [n], factors on the crops' sides; float64 [n, 2], shifts in face-box sides.
    """
    limit = np.deg2rad(spec.rotation_deg)
    angle = np.clip(rng.normal(0, limit / 2, n), -limit, limit)
    mirrored = rng.random(n) < spec.flip
    stretch = np.exp(rng.uniform(-spec.stretch, spec.stretch, n))
    scale = np.exp(np.clip(rng.normal(0, 1, n), -2, 2) * spec.scale)
    shift = np.clip(rng.normal(0, 1, (n, 2)), -2, 2) * spec.shift
    forward = rotations(angle)  # F = S M R
    forward[:, 0] *= (np.where(mirrored, -1.0, 1.0) * stretch)[:, None]
    forward[:, 1] /= stretch[:, None]
    return forward, mirrored, scale, shift


def rotations(angles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrices that turn by these angles, radians, clockwise as a picture is seen: float64 [N, 2, 2]."""
    cos, sin = np.cos(angles), np.sin(angles)
    turned: NDArray[np.float64] = np.stack([np.stack([cos, -sin], -1), np.stack([sin, cos], -1)], -2)
    return turned


def random_maps(
    points: NDArray[np.float32],
    boxes: NDArray[np.float32],
    margin: float,
    spec: AugmentSpec,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """One affine map a picture, from crop coordinates (0..1 across the crop) to picture px.

    The turned face gets a box as a detector would give it: the square around its turned points. Where a
    picture is not turned, stretched or mirrored the map is the deployed crop, up to scale and shift.

    Args:
        points: float32 [N, P, 2], picture px, (0, 0) = centre of a pixel.
        boxes: float32 [N, 4], face boxes, edges.
        margin: crop side / face-box side.
    Returns:
        float64 [N, 2, 3] maps u -> A u + b with pixel k covering k to k + 1, and bool [N], mirrored or not.
    """
    forward, mirrored, scale, shift = drawn_changes(len(points), spec, rng)
    low, high = extent_of(points)
    turned_low, turned_high = extent_of(apply(forward, points + 0.5))
    stated = np.maximum(boxes[:, 2], boxes[:, 3]).astype(np.float64)
    tight = (high - low).max(-1).astype(np.float64)
    side = (turned_high - turned_low).max(-1) * stated / np.maximum(tight, 1e-6)
    side = np.where(tight > 0, side, stated)  # one point
    # keep the box's offset from the points' own centre where nothing turns
    own = boxes[:, :2] + boxes[:, 2:] / 2 - (low + high) / 2 - 0.5
    centre = (turned_low + turned_high) / 2 + apply(forward, own[:, None])[:, 0]
    centre += shift * side[:, None]
    crop = side * margin * scale
    inverse = inverse_of(forward)
    maps = np.empty((len(points), 2, 3))
    maps[:, :, :2] = inverse * crop[:, None, None]
    maps[:, :, 2] = apply(inverse, (centre - crop[:, None] / 2)[:, None])[:, 0]
    return maps, mirrored


def to_crop(
    points: NDArray[np.float32],
    maps: NDArray[np.float64],
    mirrored: NDArray[np.bool_],
    mirror: tuple[int, ...] | None,
) -> NDArray[np.float32]:
    """Points in picture px -> float32 [N, P, 2] in crop sides, renumbered by `mirror` where mirrored."""
    inside = inverse_of(maps[:, :, :2])
    start = apply(inside, maps[:, None, :, 2] - 0.5)[:, 0]
    moved = apply(inside, points)
    for axis in (0, 1):
        moved[..., axis] -= start[:, axis, None]
    if mirror is not None:
        moved[mirrored] = moved[mirrored][:, mirror]
    return moved.astype(np.float32)


def warp(pictures: Pictures, maps: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """Cuts uint8 [N, size, size] out of N of uint8 [H, W] of any sizes; black outside."""
    out = np.empty((len(pictures), size, size), np.uint8)
    steps = np.hypot(maps[:, 0, :2], maps[:, 1, :2]).max(-1) / size  # picture px from pixel to pixel
    for k, (picture, m, step) in enumerate(zip(pictures, maps, steps, strict=True)):
        samples = 1 if step <= ONE_SAMPLE_PX else 2
        fine = samples * size
        a = m[:, :2] / fine
        coefficients = (a[0, 0], a[0, 1], m[0, 2], a[1, 0], a[1, 1], m[1, 2])
        image = Image.fromarray(picture).transform(
            (fine, fine), Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
        )
        out[k] = np.asarray(image.reduce(samples) if samples > 1 else image)
    return out


def _light(pixels: NDArray[np.uint8], spec: AugmentSpec, rng: np.random.Generator) -> None:
    """Brightness, contrast and gamma, in place, as one 256-entry table a picture."""
    rows = np.flatnonzero(rng.random(len(pixels)) < spec.light)
    contrast = rng.uniform(0.6, 1.4, (len(rows), 1))
    gamma = np.exp(rng.uniform(-0.5, 0.5, (len(rows), 1)))
    brightness = rng.uniform(-0.2, 0.2, (len(rows), 1))
    tables = ((np.arange(256) / 255.0) ** gamma - 0.5) * contrast + 0.5 + brightness
    for k, table in zip(rows, (np.clip(tables, 0, 1) * 255 + 0.5).astype(np.uint8), strict=True):
        lit = pixels[k].tobytes().translate(table.tobytes())
        pixels[k] = np.frombuffer(lit, np.uint8).reshape(pixels[k].shape)


def _gradient(pixels: NDArray[np.uint8], spec: AugmentSpec, rng: np.random.Generator) -> None:
    """A linear light from a random side, in place."""
    size = pixels.shape[1]
    ramp = np.linspace(-1, 1, size, dtype=np.float32)
    for k in np.flatnonzero(rng.random(len(pixels)) < spec.gradient):
        angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.2, 0.7)
        gain = 1 + depth * (
            np.float32(np.cos(angle)) * ramp[None, :] + np.float32(np.sin(angle)) * ramp[:, None]
        )
        pixels[k] = np.clip(pixels[k] * gain, 0, 255).astype(np.uint8)


def _blur(pixels: NDArray[np.uint8], spec: AugmentSpec, rng: np.random.Generator) -> None:
    """A box blur, or a loss of resolution (smaller and back), in place."""
    size = pixels.shape[1]
    for k in np.flatnonzero(rng.random(len(pixels)) < spec.blur):
        image = Image.fromarray(pixels[k])
        if rng.random() < 0.5:
            image = image.filter(ImageFilter.BoxBlur(rng.uniform(0.3, 1.5)))
        else:
            small = int(size * rng.uniform(0.35, 0.8))
            bilinear = Image.Resampling.BILINEAR
            image = image.resize((small, small), bilinear).resize((size, size), bilinear)
        pixels[k] = np.asarray(image)


@lru_cache
def _normal_quantiles() -> NDArray[np.float32]:
    """The standard normal distribution in 65536 values of equal weight, up to 4.2 deviations."""
    from scipy.special import ndtri

    quantiles: NDArray[np.float32] = ndtri((np.arange(65536) + 0.5) / 65536).astype(np.float32)
    return quantiles


def _noise(pixels: NDArray[np.uint8], spec: AugmentSpec, rng: np.random.Generator) -> None:
    """Gaussian sensor noise, in place."""
    for k in np.flatnonzero(rng.random(len(pixels)) < spec.noise):
        noise = _normal_quantiles().take(rng.integers(0, 65536, pixels[k].shape, np.uint16))
        noise *= np.float32(rng.uniform(2, 14))
        noise += pixels[k]
        pixels[k] = np.clip(noise, 0, 255, out=noise).astype(np.uint8)


def _occlusion(pixels: NDArray[np.uint8], spec: AugmentSpec, rng: np.random.Generator) -> None:
    """A rectangle of plain gray, of noise, or of another picture of the batch, in place."""
    size = pixels.shape[1]
    for k in np.flatnonzero(rng.random(len(pixels)) < spec.occlusion):
        height, width = (int(size * v) for v in rng.uniform(0.08, 0.38, 2))
        top, left = int(rng.integers(0, size - height)), int(rng.integers(0, size - width))
        kind = rng.random()
        patch = pixels[k, top : top + height, left : left + width]
        if kind < 0.4:
            patch[:] = rng.integers(0, 256)
        elif kind < 0.6:
            patch[:] = rng.integers(0, 256, patch.shape)
        else:
            other = pixels[int(rng.integers(len(pixels)))]
            y, x = int(rng.integers(0, size - height)), int(rng.integers(0, size - width))
            patch[:] = other[y : y + height, x : x + width].copy()


def photograph(pixels: NDArray[np.uint8], spec: AugmentSpec, rng: np.random.Generator) -> None:
    """Light, blur, noise and occlusion of crops [N, S, S], in place."""
    for step in (_light, _gradient, _blur, _noise, _occlusion):
        step(pixels, spec, rng)


def augment_batch(
    pictures: Pictures,
    points: NDArray[np.float32],
    boxes: NDArray[np.float32],
    size: int,
    margin: float,
    spec: AugmentSpec,
    rng: np.random.Generator,
    mirror: tuple[int, ...] | None,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A training batch.

    Args:
        pictures: N of uint8 [H, W], gray, of any sizes.
        points: float32 [N, P, 2], picture px.
        boxes: float32 [N, 4], face boxes.
        size: side of the result in px.
        margin: crop side / face-box side.
        mirror: point k of a mirrored picture is point mirror[k] of the original; None: none is mirrored.
    Returns:
        uint8 [N, size, size] and float32 [N, P, 2] in crop sides (0..1 inside the crop).
    """
    if mirror is None:
        spec = replace(spec, flip=0.0)
    maps, mirrored = random_maps(points, boxes, margin, spec, rng)
    pixels = warp(pictures, maps, size)
    photograph(pixels, spec, rng)
    return pixels, to_crop(points, maps, mirrored, mirror)
