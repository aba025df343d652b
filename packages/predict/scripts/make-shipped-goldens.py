"""Writes test/goldens/shipped: what Python makes of a small volume with each network that ships; `--check`: compares, and writes nothing.

    python packages/predict/scripts/make-shipped-goldens.py [--check]

The networks are evaluated by ONNX's own reference in numpy, which no runtime of semcrc shares code with. The volume is smaller than a window,
so that nothing is blended: it is padded around its middle as MONAI does. Versions: network-requirements.txt.
"""

import json
import sys
from pathlib import Path

import numpy as np
from onnx.reference import ReferenceEvaluator

PACKAGE = Path(__file__).parents[1]
FOLDER = PACKAGE / "test" / "goldens" / "shipped"
NETWORKS = ("denoising", "fbp", "organs")
SHAPE = (3, 20, 26)  # slices × height × width
APART = 1e-4


def main() -> None:
    check = "--check" in sys.argv[1:]
    volume = volume_of(SHAPE)
    if not check:
        FOLDER.mkdir(parents=True, exist_ok=True)
        volume.astype("<f4").tofile(FOLDER / "volume.bin")
    assert np.array_equal(volume.ravel(), np.fromfile(FOLDER / "volume.bin", "<f4")), "volume.bin is another"
    for name in NETWORKS:
        values = evaluate(name, volume)
        file = FOLDER / f"{name}.bin"
        if not check:
            values.astype("<f4").tofile(file)
        off = np.abs(values.ravel() - np.fromfile(file, "<f4")).max()
        print(f"{name}: {values.shape}, {off:.1e} from the golden")
        if off > APART:
            raise SystemExit(f"{file}: expected what Python computes within {APART}, found {off:.2g} apart")


def volume_of(shape: tuple[int, int, int]) -> np.ndarray:
    """A disk in noise, in steps of 2⁻¹⁰, so that values are exact as f32."""
    z, y, x = np.indices(shape)
    disk = np.where((x - 13) ** 2 + (y - 9) ** 2 < 70, 512 + 16 * z, 64)
    return ((disk + np.random.default_rng(20).integers(-200, 201, shape)) / 1024).astype(np.float32)


def evaluate(name: str, volume: np.ndarray) -> np.ndarray:
    """Channels × slices × height × width."""
    file = PACKAGE / "models" / "networks" / f"{name}.onnx"
    record = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    assert record["dimensions"] == 2.5 and record["axes"] == "xy", "written for these networks"
    network = ReferenceEvaluator(str(file))
    around, last = record["context"], len(volume) - 1
    pads = [(side - own, (side - own) // 2) for side, own in zip(record["patch"], (volume.shape[2], volume.shape[1]))]
    width = [(before, all_ - before) for all_, before in pads]
    (left, _), (top, _) = width
    out = []
    for z in range(len(volume)):
        stack = volume[np.clip(np.arange(z - around, z + around + 1), 0, last)].transpose(0, 2, 1)
        (values,) = network.run(None, {record["input"]: np.pad(stack, [(0, 0), *width])[None]})
        inside = values[0][:, left : left + volume.shape[2], top : top + volume.shape[1]]
        out.append(inside.transpose(0, 2, 1))
    return np.stack(out, axis=1)


if __name__ == "__main__":
    main()
