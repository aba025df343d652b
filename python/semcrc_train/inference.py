"""A network over a whole scan, and what it reached there."""

from collections.abc import Callable

import numpy as np
import torch
from monai.inferers import sliding_window_inference
from numpy.typing import NDArray
from torch import Tensor

from .cohort import Scan
from .settings import ORGAN_LABELS, Settings

Network = Callable[[Tensor], Tensor]


@torch.no_grad()
def predict(network: Network, image: NDArray[np.float32], settings: Settings) -> NDArray[np.float32]:
    """Channels × x × y × z, as `semcrc predict` makes them before clipping."""
    context = settings.context

    def blended(tensor: Tensor) -> NDArray[np.float32]:
        size = list(settings.patch)
        return sliding_window_inference(tensor, size, 1, network, overlap=settings.overlap, mode="gaussian")[0].cpu().numpy()

    if context is None:
        return blended(torch.from_numpy(image)[None, None])
    last = image.shape[2] - 1
    slices = []
    for z in range(last + 1):
        around = np.clip(np.arange(z - context, z + context + 1), 0, last)
        slices.append(blended(torch.from_numpy(np.moveaxis(image[..., around], 2, 0).copy())[None]))
    return np.stack(slices, axis=3)


def measure(network: Network, scans: list[Scan], settings: Settings) -> dict[str, float]:
    """Means over scans: loss to stop early by, and what a reader wants to know."""
    per_scan = [measure_scan(predict(network, scan.image, settings), scan.truth, settings) for scan in scans]
    return {name: float(np.nanmean([found[name] for found in per_scan])) for name in per_scan[0]}


def measure_scan(values: NDArray[np.float32], truth: NDArray[np.float32], settings: Settings) -> dict[str, float]:
    if settings.task == "segmentation":
        found = values.argmax(axis=0)
        dice = []
        for channel in range(1, len(ORGAN_LABELS)):
            here, there = found == channel, truth == channel
            if there.any():
                dice.append(2 * (here & there).sum() / (here.sum() + there.sum()))
        mean = float(np.mean(dice)) if dice else float("nan")
        return {"loss": 1 - mean, "dice": mean}
    values = np.clip(values, 0, 1)
    lower, upper = np.minimum(values[0], values[2]), np.maximum(values[0], values[2])
    low, high = truth - lower, truth - upper
    alpha = settings.alpha
    pinball = np.maximum(alpha * low, (alpha - 1) * low).mean() + np.maximum((1 - alpha) * high, -alpha * high).mean()
    square = float(((values[1] - truth) ** 2).mean())
    return {
        "loss": float(pinball) + square,
        "pinball": float(pinball),
        "psnr": -10 * float(np.log10(square)),
        # Nominal: 1 − 2α.
        "coverage": float(((truth >= lower) & (truth <= upper)).mean()),
    }
