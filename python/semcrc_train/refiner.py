"""A network that begins where the baseline predictor ends.

The baseline of @semcrc/predict is a perceptron on nine features of each voxel (`measurement-features.ts`). Here the features are torch operations on
three slices, so that they go into the ONNX graph; the perceptron starts with the baseline's weights, and convolutions over features and slices
learn what it lacks.
"""

import json
from pathlib import Path

import torch
from monai.networks.nets import UNet
from torch import Tensor, nn
from torch.nn.functional import conv2d, pad

RANGE_SQUARE = 0.11**2
REACH_SQUARE = 6.0
REACH = 2
# Far from every intensity: what lies beyond the image has no weight.
BEYOND = 100.0
FEATURES = 9
SLICES = 3


class Features(nn.Module):
    """n × 3 × h × w slices to n × 9 × h × w features of the middle one, as the baseline computes them."""

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
        self.register_buffer("along_x", taps.view(1, 1, 1, 5))
        self.register_buffer("along_y", taps.view(1, 1, 5, 1))
        side = 2 * REACH + 1
        self.register_buffer("shifts", torch.eye(side * side).view(side * side, 1, side, side))
        dy, dx = torch.meshgrid(torch.arange(-REACH, REACH + 1), torch.arange(-REACH, REACH + 1), indexing="ij")
        near = (dx * dx + dy * dy).flatten()[None] + 2 * torch.tensor([1.0, 0.0, 1.0])[:, None]
        self.register_buffer("spatial", (1 / (1 + near / REACH_SQUARE)).view(1, SLICES, side * side, 1, 1))

    def smooth(self, image: Tensor, step: int) -> Tensor:
        """n × 1 × h × w; taps `step` apart, edges repeat."""
        image = conv2d(pad(image, (2 * step, 2 * step, 0, 0), mode="replicate"), self.along_x, dilation=(1, step))
        return conv2d(pad(image, (0, 0, 2 * step, 2 * step), mode="replicate"), self.along_y, dilation=(step, 1))

    def neighbours(self, image: Tensor, beyond: float) -> Tensor:
        return conv2d(pad(image, (REACH,) * 4, value=beyond), self.shifts)

    def forward(self, slices: Tensor) -> Tensor:
        here = slices[:, 1:2]
        apart = 0.5 * (slices[:, 0:1] + slices[:, 2:3])
        one = self.smooth(0.5 * here + 0.5 * apart, 1)
        two = self.smooth(one, 2)
        four = self.smooth(two, 4)
        deviation = torch.sqrt(self.smooth((here - one) ** 2, 2) + 1e-12)
        total, weight = torch.zeros_like(one), torch.zeros_like(one)
        for order in range(SLICES):
            image = slices[:, order : order + 1]
            off = self.neighbours(self.smooth(image, 1), BEYOND) - one
            closeness = 1 / (1 + off * off / RANGE_SQUARE)
            weights = self.spatial[:, order] * closeness * closeness
            total = total + (weights * self.neighbours(image, 0.0)).sum(1, keepdim=True)
            weight = weight + weights.sum(1, keepdim=True)
        mean = total / weight
        return torch.cat([mean, *(value - mean for value in (one, two, four, here, apart)), slope(one), slope(two), deviation], dim=1)


def slope(image: Tensor) -> Tensor:
    """Length of the differences across each pixel; edges repeat."""
    wide = pad(image, (1, 1, 1, 1), mode="replicate")
    x = wide[:, :, 1:-1, 2:] - wide[:, :, 1:-1, :-2]
    y = wide[:, :, 2:, 1:-1] - wide[:, :, :-2, 1:-1]
    return torch.sqrt(x * x + y * y + 1e-12)


# Both corrections begin at zero, so that a refiner begins as the baseline itself.


def flat_correction(width: int) -> nn.Module:
    layers = nn.Sequential(
        nn.Conv2d(FEATURES + SLICES, width, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=2, dilation=2),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=4, dilation=4),
        nn.ReLU(),
        nn.Conv2d(width, 3, 3, padding=1),
    )
    nn.init.zeros_(layers[-1].weight)
    nn.init.zeros_(layers[-1].bias)
    return layers


def deep_correction(channels: tuple[int, ...], strides: tuple[int, ...], activation: str) -> nn.Module:
    unet = UNet(2, FEATURES + SLICES, 3, channels, strides, num_res_units=2, act=activation, norm="BATCH")
    gain = nn.Conv2d(3, 3, 1)
    nn.init.zeros_(gain.weight)
    nn.init.zeros_(gain.bias)
    return nn.Sequential(unet, gain)


class Refiner(nn.Module):
    """Lower, point and upper: the edge-preserving mean, plus what the perceptron says, plus what the convolutions correct.

    With `strides`, a UNet of these channels corrects; without, dilated convolutions of one width.
    """

    def __init__(self, channels: tuple[int, ...], strides: tuple[int, ...], activation: str) -> None:
        super().__init__()
        self.features = Features()
        self.register_buffer("mean", torch.zeros(1, FEATURES, 1, 1))
        self.register_buffer("scale", torch.ones(1, FEATURES, 1, 1))
        self.perceptron = nn.Sequential(nn.Conv2d(FEATURES, 16, 1), nn.ReLU(), nn.Conv2d(16, 16, 1), nn.ReLU(), nn.Conv2d(16, 3, 1))
        self.correction = deep_correction(channels, strides, activation) if strides else flat_correction(channels[0])

    def load_baseline(self, path: Path) -> None:
        """Takes the weights of a baseline's JSON (`semcrc/baseline@1`)."""
        network = json.loads(path.read_text(encoding="utf-8"))["network"]
        self.mean.copy_(torch.tensor(network["mean"]).view(1, FEATURES, 1, 1))
        self.scale.copy_(torch.tensor(network["scale"]).view(1, FEATURES, 1, 1))
        layers = [layer for layer in self.perceptron if isinstance(layer, nn.Conv2d)]
        with torch.no_grad():
            for layer, given in zip(layers, network["layers"]):
                layer.weight.copy_(torch.tensor(given["weights"])[:, :, None, None])
                layer.bias.copy_(torch.tensor(given["bias"]))

    def forward(self, slices: Tensor) -> Tensor:
        features = self.features(slices)
        seen = (features - self.mean) * self.scale
        correction = self.correction(torch.cat([seen, slices], dim=1))
        return features[:, 0:1] + self.perceptron(seen) + correction
