"""Scans of a manifest, as `semcrc simulate` writes one, and crops of them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .settings import ORGAN_LABELS, Settings

WINDOW = (-175.0, 250.0)


@dataclass(frozen=True)
class Scan:
    """Arrays are x × y × z in RAS, f32."""

    name: str
    image: NDArray[np.float32]
    truth: NDArray[np.float32]


def read_manifest(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise SystemExit(f"{path}: expected at least one scan, found none")
    return rows


def columns_of(settings: Settings) -> tuple[str, str]:
    """Where image and truth of a task stand. Organs are learned from the predictor's point, as they are later found in it."""
    return ("point", "anatomy") if settings.task == "segmentation" else ("measurement", "ground_truth")


def read_scans(path: Path, settings: Settings) -> list[Scan]:
    """All scans of a manifest in memory. Ground truth is HU, image windowed."""
    image_column, truth_column = columns_of(settings)
    scans = []
    for row in read_manifest(path):
        for column in ("scan", image_column, truth_column):
            if not row.get(column):
                raise SystemExit(f"{path}: scan {row.get('scan', '?')} has no {column}, which {settings.task} needs")
        image = load(path.parent / row[image_column])
        truth = load(path.parent / row[truth_column])
        if image.shape != truth.shape:
            raise SystemExit(f"{path}: scan {row['scan']}: {image_column} is {image.shape}, {truth_column} {truth.shape}")
        scans.append(Scan(row["scan"], image, organ_channels(truth) if settings.task == "segmentation" else windowed(truth)))
    return scans


def load(path: Path) -> NDArray[np.float32]:
    return nib.as_closest_canonical(nib.load(path)).get_fdata(dtype=np.float32)


def windowed(hounsfield: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = WINDOW
    return np.clip((hounsfield - low) / (high - low), 0, 1).astype(np.float32)


def organ_channels(labels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Channel of each voxel's label; labels that are none of the nine organs are nothing."""
    channel_of = np.zeros(65536, np.float32)
    for channel, label in enumerate(ORGAN_LABELS):
        channel_of[label] = channel
    return channel_of[labels.astype(np.uint16)]


def split(scans: list[Scan], settings: Settings) -> tuple[list[Scan], list[Scan]]:
    """To learn from, and held out; the seed decides."""
    order = np.random.default_rng(settings.seed).permutation(len(scans))
    count = max(1, round(settings.held_out * len(scans)))
    if count >= len(scans):
        raise SystemExit(f"expected two scans at least, one to hold out, found {len(scans)}")
    return [scans[i] for i in sorted(order[count:])], [scans[i] for i in sorted(order[:count])]


def crop(scan: Scan, settings: Settings, random: np.random.Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One crop: channels × patch of the image, 1 × patch of the truth; beyond the scan it is 0, and end slices repeat as channels."""
    context = settings.context
    patch = settings.patch
    shape = scan.image.shape
    start = [int(random.integers(min(0, n - m), max(0, n - m) + 1)) for n, m in zip(shape, patch)]
    if context is None:
        return cut(scan.image, start, patch)[None], cut(scan.truth, start, patch)[None]
    middle = int(random.integers(shape[2]))
    slices = np.clip(np.arange(middle - context, middle + context + 1), 0, shape[2] - 1)
    image = np.stack([cut(scan.image[..., z], start, patch) for z in slices])
    return image, cut(scan.truth[..., middle], start, patch)[None]


def cut(array: NDArray[np.float32], start: list[int], patch: tuple[int, ...]) -> NDArray[np.float32]:
    out = np.zeros(patch, np.float32)
    source = tuple(slice(max(0, s), min(n, s + m)) for s, m, n in zip(start, patch, array.shape))
    target = tuple(slice(part.start - s, part.stop - s) for part, s in zip(source, start))
    out[target] = array[source]
    return out


def batch(scans: list[Scan], settings: Settings, step: int) -> tuple[Tensor, Tensor]:
    """The crops of one step: a function of seed and step alone, so that a resumed training sees what it would have seen."""
    random = np.random.default_rng([settings.seed, step])
    pairs = [crop(scans[int(random.integers(len(scans)))], settings, random) for _ in range(settings.batch)]
    image = torch.from_numpy(np.stack([image for image, _ in pairs]))
    return image, torch.from_numpy(np.stack([truth for _, truth in pairs]))
