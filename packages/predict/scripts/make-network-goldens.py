"""Writes test/goldens/networks: small ONNX networks, and what MONAI's sliding window makes of them.

Seeded; versions in network-requirements.txt, on Debian's python3-torch 1.13.1. It needs torch, so it is run by hand, not by
.ci/run; docs/predict.md tells how.
"""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from monai.inferers import sliding_window_inference
from monai.networks.nets import UNet

FOLDER = Path(__file__).parents[1] / "test" / "goldens" / "networks"
OPSET = 16


class Shifted(torch.nn.Module):
    """Gives x − 0.125, x and x + 0.125: blended, it must give them back."""

    def forward(self, x):
        return torch.cat([x - 0.125, x, x + 0.125], dim=1)


class Ramp(torch.nn.Module):
    """Adds what depends on the place within the window alone, so that blending shows every weight."""

    def __init__(self, patch):
        super().__init__()
        self.register_buffer("ramp", torch.arange(float(np.prod(patch))).reshape(1, 1, *patch) / 64)

    def forward(self, x):
        return torch.cat([x - self.ramp, x, x + self.ramp], dim=1)


def unet(dimensions, channels_in, channels_out):
    return UNet(
        spatial_dims=dimensions,
        in_channels=channels_in,
        out_channels=channels_out,
        channels=(4, 8, 8),
        strides=(2, 2),
        num_res_units=2,
        act="GELU",
        norm="BATCH",
    )


def networks():
    """Network by name, with the shape of a window's tensor; sizes are free but for `ramp`."""
    yield "shifted", Shifted(), (1, 1, 8, 8, 8), True
    yield "ramp", Ramp((6, 5, 4)), (1, 1, 6, 5, 4), False
    yield "unet-3d", unet(3, 1, 3), (1, 1, 8, 8, 8), True
    yield "unet-2.5d", unet(2, 3, 3), (1, 3, 8, 8), True
    yield "organs-3d", unet(3, 1, 4), (1, 1, 8, 8, 8), True


def export(name, network, shape, free):
    spatial = range(2, len(shape))
    axes = {0: "n", **{axis: f"s{axis}" for axis in spatial}} if free else {}
    path = FOLDER / f"{name}.onnx"
    torch.onnx.export(
        network,
        torch.zeros(shape),
        path,
        opset_version=OPSET,
        input_names=["image"],
        output_names=["values"],
        dynamic_axes={"image": axes, "values": axes} if free else None,
    )
    return sha256(path.read_bytes()).hexdigest()


# Network, axes, slices × height × width of the volume, window along x, y, z (or x, y), overlap.
CASES = [
    ("shifted", "zyx", (11, 13, 10), (8, 8, 8), 0.25),
    ("ramp", "zyx", (13, 11, 9), (4, 5, 6), 0.5),
    ("ramp", "zyx", (7, 6, 5), (4, 5, 6), 0.25),  # the last windows overlap by all but one voxel
    ("ramp", "zyx", (3, 4, 3), (4, 5, 6), 0.25),  # smaller than the window, by odd numbers
    ("ramp", "zyx", (4, 3, 2), (4, 5, 6), 0.25),  # and by even ones
    ("ramp", "zyx", (11, 9, 7), (4, 5, 6), 0.17),  # windows overlap by one voxel
    ("unet-3d", "xyz", (9, 19, 21), (16, 12, 8), 0.25),
    ("unet-3d", "zyx", (9, 19, 21), (16, 12, 8), 0.625),
    ("unet-3d", "xyz", (1, 10, 14), (8, 8, 8), 0.25),  # one slice
    ("unet-2.5d", "yx", (4, 19, 22), (16, 12), 0.25),
    ("unet-2.5d", "xy", (1, 9, 22), (16, 12), 0.5),
    ("organs-3d", "xyz", (9, 12, 13), (8, 8, 8), 0.25),
]


def blended(network, tensor, size, overlap):
    return sliding_window_inference(tensor, size, 1, network, overlap=overlap, mode="gaussian")[0].numpy()


def windows_of(network, volume, axes, patch, overlap):
    """What MONAI makes of a volume (slices × height × width): channels × slices × height × width."""
    size = [patch["xyz".index(axis)] for axis in axes]
    if len(axes) == 3:
        order = ["zyx".index(axis) for axis in axes]
        out = blended(network, torch.from_numpy(volume.transpose(order).copy())[None, None], size, overlap)
        return out.transpose([0] + [1 + order.index(axis) for axis in range(3)])
    last = len(volume) - 1
    slices = []
    for z in range(len(volume)):
        stack = volume[[max(z - 1, 0), z, min(z + 1, last)]]
        if axes == "xy":
            stack = stack.transpose(0, 2, 1)
        out = blended(network, torch.from_numpy(stack.copy())[None], size, overlap)
        slices.append(out.transpose(0, 2, 1) if axes == "xy" else out)
    return np.stack(slices, axis=1)


def volume_of(seed, shape):
    """Values in steps of 2⁻¹⁰ between −0.25 and 1.25, so that they are exact as f32."""
    return (np.random.default_rng(seed).integers(-256, 1281, shape) / 1024).astype(np.float32)


def main():
    torch.manual_seed(20)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    loaded, digests = {}, {}
    for name, network, shape, free in networks():
        loaded[name] = network.eval()
        # Batch norms as after some training: their statistics are not 0 and 1.
        for module in network.modules():
            if isinstance(module, (torch.nn.BatchNorm2d, torch.nn.BatchNorm3d)):
                module.running_mean.uniform_(-0.2, 0.2)
                module.running_var.uniform_(0.5, 1.5)
        digests[name] = export(name, network, shape, free)
    cases = []
    with torch.no_grad():
        for number, (name, axes, shape, patch, overlap) in enumerate(CASES):
            volume = volume_of(number, shape)
            values = windows_of(loaded[name], volume, axes, patch, overlap)
            np.ascontiguousarray(volume, "<f4").tofile(FOLDER / f"{number}.volume.bin")
            np.ascontiguousarray(values, "<f4").tofile(FOLDER / f"{number}.values.bin")
            cases.append(
                {"network": name, "axes": axes, "shape": shape, "patch": patch, "overlap": overlap, "channels": len(values)}
            )
    facts = {"torch": torch.__version__, "digests": digests, "cases": cases}
    (FOLDER / "cases.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
