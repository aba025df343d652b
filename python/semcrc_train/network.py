"""The networks: MONAI's UNet with residual units, or a correction of the baseline; and the losses."""

import torch
from monai.losses import DiceCELoss
from monai.networks.nets import UNet
from torch import Tensor, nn

from .refiner import Refiner
from .settings import Settings


def make_network(settings: Settings) -> nn.Module:
    if settings.network == "refiner":
        return Refiner(settings.channels, settings.strides, settings.activation)
    return UNet(
        spatial_dims=settings.dimensions,
        in_channels=settings.inputs,
        out_channels=settings.outputs,
        channels=settings.channels,
        strides=settings.strides,
        num_res_units=2,
        act=settings.activation,
        norm="BATCH",
    )


def pinball(predicted: Tensor, truth: Tensor, quantile: float) -> Tensor:
    """Mean pinball loss: its minimum is the conditional quantile."""
    off = truth - predicted
    return torch.maximum(quantile * off, (quantile - 1) * off).mean()


class QuantileLoss(nn.Module):
    """The paper's: pinball at α for channel 0, squared error for channel 1, pinball at 1 − α for channel 2."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, predicted: Tensor, truth: Tensor) -> Tensor:
        lower, point, upper = predicted[:, 0:1], predicted[:, 1:2], predicted[:, 2:3]
        square = ((point - truth) ** 2).mean()
        return pinball(lower, truth, self.alpha) + square + pinball(upper, truth, 1 - self.alpha)


def make_loss(settings: Settings) -> nn.Module:
    """Truth is an image (n × 1 × …), or channel numbers (n × 1 × …)."""
    if settings.task == "segmentation":
        return DiceCELoss(to_onehot_y=True, softmax=True)
    return QuantileLoss(settings.alpha)
