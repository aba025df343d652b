"""Crops of scans, some of them turned and scaled."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import grid_sample

from .cohort import Scan
from .settings import Settings

Array = NDArray[np.float32]


def batch(scans: list[Scan], settings: Settings, step: int) -> tuple[Tensor, Tensor]:
    """The crops of one step: a function of seed and step alone, so that a resumed training sees what it would have seen."""
    random = np.random.default_rng([settings.seed, step])
    pairs = [crop(scans[int(random.integers(len(scans)))], settings, random) for _ in range(settings.batch)]
    image = torch.from_numpy(np.stack([image for image, _ in pairs]))
    return image, torch.from_numpy(np.stack([truth for _, truth in pairs]))


def crop(scan: Scan, settings: Settings, random: np.random.Generator) -> tuple[Array, Array]:
    """Channels × crop of the image, 1 × crop of the truth; beyond the scan both are 0, and end slices repeat as channels."""
    context, sides = settings.context, settings.crop
    shape = scan.image.shape
    start = [int(random.integers(min(0, n - m), max(0, n - m) + 1)) for n, m in zip(shape, sides)]
    if context is None:
        image, truth = scan.image[None], scan.truth[None]
        middle = 0
    else:
        slice_at = int(random.integers(shape[2]))
        around = np.clip(np.arange(slice_at - context, slice_at + context + 1), 0, shape[2] - 1)
        image, truth = (np.moveaxis(array[..., around], 2, 0) for array in (scan.image, scan.truth))
        middle = context
    if random.random() >= settings.augmented:
        return cut(image, start, sides), cut(truth[middle : middle + 1], start, sides)
    place = Place(start, sides, settings, random)
    if settings.task == "segmentation":
        return place.sample(image), place.sample(truth[middle : middle + 1], "nearest")
    moved = place.sample(truth)
    if settings.task == "reconstruction":
        return place.sample(image), moved[middle : middle + 1]
    # Interpolation would smooth the noise: it belongs to voxels, and stays where it was.
    inside = cut(np.ones_like(truth), start, sides)
    return inside * moved + cut(image - truth, start, sides), (inside * moved)[middle : middle + 1]


def cut(array: Array, start: list[int], sides: tuple[int, ...]) -> Array:
    """A box of an array of channels × axes; 0 beyond it."""
    out = np.zeros((array.shape[0], *sides), np.float32)
    source = tuple(slice(max(0, s), min(n, s + m)) for s, m, n in zip(start, sides, array.shape[1:]))
    target = tuple(slice(part.start - s, part.stop - s) for part, s in zip(source, start))
    out[(slice(None), *target)] = array[(slice(None), *source)]
    return out


class Place:
    """Where a turned and scaled crop lies: its middle stays, x and y turn, each axis has a scale of its own."""

    def __init__(self, start: list[int], sides: tuple[int, ...], settings: Settings, random: np.random.Generator) -> None:
        angle = random.uniform(-settings.rotation, settings.rotation)
        scales = random.uniform(1 - settings.scaling, 1 + settings.scaling, len(sides))
        turn = np.eye(len(sides))
        turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
        offsets = np.meshgrid(*[np.arange(side) - (side - 1) / 2 for side in sides], indexing="ij")
        middle = np.array([s + (m - 1) / 2 for s, m in zip(start, sides)])
        self.points = np.stack(offsets, axis=-1) @ (turn * scales).T + middle

    def sample(self, array: Array, mode: str = "bilinear") -> Array:
        """Channels × crop; 0 beyond the array."""
        last = np.maximum(np.array(array.shape[1:]) - 1, 1)
        # torch counts from -1 to 1, the last axis first.
        grid = torch.from_numpy((2 * self.points / last - 1)[..., ::-1].astype(np.float32))[None]
        tensor = torch.from_numpy(np.ascontiguousarray(array))[None]
        return grid_sample(tensor, grid, mode=mode, padding_mode="zeros", align_corners=True)[0].numpy()
