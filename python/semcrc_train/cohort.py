"""Scans of manifests, as `semcrc simulate` and `semcrc predict` write them."""

import csv
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from .settings import ORGAN_LABELS, Settings

WINDOW = (-175.0, 250.0)
# Headers hold float32; a thousandth of a voxel's side moves nothing.
SAME_SPACING = 1e-3


@dataclass(frozen=True)
class Scan:
    """Arrays are x × y × z in RAS, f32."""

    name: str
    image: NDArray[np.float32]
    truth: NDArray[np.float32]


def read_cohort(manifests: list[Path], settings: Settings) -> list[Scan]:
    """All scans in memory. Where there are several manifests, each scan is called by its cohort, too."""
    scans = []
    for manifest in manifests:
        before = f"{manifest.parent.name}/" if len(manifests) > 1 else ""
        scans += read_scans(manifest, settings, before)
    return scans


def read_scans(path: Path, settings: Settings, before: str = "") -> list[Scan]:
    """The scans of a manifest. Ground truth is HU, image windowed."""
    image_column, truth_column = columns_of(settings)
    scans = []
    for row in read_manifest(path):
        for column in ("scan", image_column, truth_column):
            if not row.get(column):
                raise SystemExit(f"{path}: scan {row.get('scan', '?')} has no {column}, which {settings.task} needs")
        image = load(path.parent / row[image_column], settings)
        truth = load(path.parent / row[truth_column], settings)
        if image.shape != truth.shape:
            raise SystemExit(f"{path}: scan {row['scan']}: {image_column} is {image.shape}, {truth_column} {truth.shape}")
        name = before + row["scan"]
        scans.append(Scan(name, image, organ_channels(truth) if settings.task == "segmentation" else windowed(truth)))
    return scans


def spacing_of(manifests: list[Path], settings: Settings) -> tuple[float, float, float]:
    """The voxel's sides in mm that all images share."""
    column, _ = columns_of(settings)
    found: tuple[float, float, float] | None = None
    for manifest in manifests:
        for row in read_manifest(manifest):
            own = sides_of(nib.load(manifest.parent / row[column]))
            if found is None:
                found = own
            elif not same_sides(own, found):
                raise SystemExit(
                    f"{manifest}: expected one spacing in all scans, found {text_of(found)} and {text_of(own)} mm; "
                    "--spacing own trains a network that keeps each scan's own"
                )
    assert found is not None
    return found


def read_manifest(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise SystemExit(f"{path}: expected at least one scan, found none")
    return rows


def columns_of(settings: Settings) -> tuple[str, str]:
    """Where image and truth of a task stand. Organs are learned from the predictor's point, as they are later found in it."""
    return ("point", "anatomy") if settings.task == "segmentation" else ("measurement", "ground_truth")


def load(path: Path, settings: Settings) -> NDArray[np.float32]:
    file = nib.load(path)
    if settings.spacing is not None and not same_sides(sides_of(file), settings.spacing):
        raise SystemExit(f"{path}: expected voxels of {text_of(settings.spacing)} mm, found {text_of(sides_of(file))}; resample it first")
    return nib.as_closest_canonical(file).get_fdata(dtype=np.float32)


def sides_of(file: nib.spatialimages.SpatialImage) -> tuple[float, float, float]:
    """Along x, y, z of RAS; a header's float32, rounded to a micrometre."""
    x, y, z = nib.affines.voxel_sizes(nib.as_closest_canonical(file).affine)
    return round(float(x), 3), round(float(y), 3), round(float(z), 3)


def same_sides(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return all(abs(a - b) <= SAME_SPACING * b for a, b in zip(one, other))


def text_of(spacing: tuple[float, ...]) -> str:
    return ", ".join(f"{side:g}" for side in spacing)


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
