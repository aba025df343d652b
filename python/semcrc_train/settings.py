"""What a training is: plain data, the same in checkpoints and records."""

from dataclasses import dataclass
from math import pi
from typing import Literal

Task = Literal["denoising", "reconstruction", "segmentation"]

# SuPreM's numbers of the nine organs, the scheme that `semcrc simulate` writes; channel 0 is nothing.
ORGAN_LABELS = (0, 1, 2, 3, 4, 6, 7, 8, 9, 11)


@dataclass(frozen=True)
class Settings:
    """A network and how it is trained."""

    task: Task
    seed: int = 0
    # Network: 2.5-D where `context` is a number of slices on each side, 3-D where it is None. `refiner` corrects the baseline predictor.
    network: Literal["unet", "refiner"] = "unet"
    context: int | None = 1
    channels: tuple[int, ...] = (16, 32, 64, 128)
    strides: tuple[int, ...] = (2, 2, 2)
    activation: str = "GELU"
    # Window along x, y (and z) in voxels, and the voxel's sides in mm that scans are resampled to; None keeps each scan's own.
    patch: tuple[int, ...] = (128, 128)
    overlap: float = 0.25
    spacing: tuple[float, float, float] | None = None
    # Training. Crops are of `crop` voxels; a share of them is turned in the plane and scaled, as the paper's authors do.
    crop: tuple[int, ...] = (96, 96)
    augmented: float = 0.5
    rotation: float = pi / 15
    scaling: float = 0.3
    alpha: float = 0.1
    batch: int = 8
    rate: float = 1e-3
    decay: float = 1e-5
    steps: int = 6000
    check_every: int = 500
    patience: int = 4
    held_out: float = 0.15

    @property
    def dimensions(self) -> int:
        """Of the convolutions."""
        return 3 if self.context is None else 2

    @property
    def inputs(self) -> int:
        return 1 if self.context is None else 2 * self.context + 1

    @property
    def outputs(self) -> int:
        return len(ORGAN_LABELS) if self.task == "segmentation" else 3


# The paper's own: 4.5 million parameters, strides 1; for a GPU. Its authors' configuration augments crops, and does not say how many.
PAPER = {
    "context": None,
    "channels": (16, 32, 64, 128, 256),
    "strides": (1, 1, 1, 1),
    "patch": (96, 96, 96),
    "crop": (96, 96, 96),
    "augmented": 1.0,
    "batch": 2,
    "rate": 1e-4,
    "steps": 100_000,
}

PRESETS: dict[str, dict[str, object]] = {
    "small": {},
    "refiner": {"network": "refiner", "channels": (24,), "strides": (), "crop": (64, 64), "batch": 4, "augmented": 0.0},
    "deep-refiner": {"network": "refiner", "activation": "RELU", "batch": 4, "augmented": 0.0},
    "small-3d": {
        "context": None,
        "channels": (12, 24, 48, 96),
        "patch": (48, 48, 16),
        "crop": (48, 48, 16),
        "batch": 4,
    },
    "paper": PAPER,
}
