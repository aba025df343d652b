"""What a training is: plain data, the same in checkpoints and records."""

from dataclasses import dataclass
from typing import Literal

Task = Literal["denoising", "reconstruction", "segmentation"]

# SuPreM's numbers of the nine organs, the scheme that `semcrc simulate` writes; channel 0 is nothing.
ORGAN_LABELS = (0, 1, 2, 3, 4, 6, 7, 8, 9, 11)


@dataclass(frozen=True)
class Settings:
    """A network and how it is trained."""

    task: Task
    seed: int = 0
    # Network: 2.5-D where `context` is a number of slices on each side, 3-D where it is None.
    context: int | None = 1
    channels: tuple[int, ...] = (16, 32, 64, 128)
    strides: tuple[int, ...] = (2, 2, 2)
    # Window along x, y (and z), voxels; crops are of this size, too.
    patch: tuple[int, ...] = (96, 96)
    overlap: float = 0.25
    # Training.
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


# The paper's own: 4.5 million parameters, strides 1; for a GPU.
PAPER = {
    "context": None,
    "channels": (16, 32, 64, 128, 256),
    "strides": (1, 1, 1, 1),
    "patch": (96, 96, 96),
    "batch": 2,
    "rate": 1e-4,
    "steps": 100_000,
}

PRESETS: dict[str, dict[str, object]] = {
    "small": {},
    "small-3d": {"context": None, "channels": (12, 24, 48, 96), "patch": (48, 48, 16), "batch": 4},
    "paper": PAPER,
}
