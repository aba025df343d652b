"""Prepares one small synthetic scan with numpy, scipy and nibabel alone, as a reference for the prepared samples.

    python generate-goldens.py [FOLDER]

Writes the scan's files and what preparing makes of them to test/goldens/prepare. Pinned in requirements.txt; seeded, so
that running it again changes nothing. Follows section 4 of the paper step by step, in the plainest way there is.
"""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

SPACING = np.array([2.0, 2.0, 3.0])
LENGTH, MARGIN, LEAST, SLICES, SIZE = 14, 3, 60, 3, (40, 16)  # SIZE: height (y), width (x)
LO, HI = -175.0, 250.0
ORGANS = {1: 2, 2: 3, 3: 4, 4: 5, 6: 7, 7: 8, 8: 9, 9: 10, 11: 12}


def make_scan(rng):
    """A body with a few organs, stored left-posterior-superior with a slice spacing of 2.2 mm."""
    shape = (36, 40, 46)
    x, y, z = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    body = (x / 0.7) ** 2 + (y / 0.6) ** 2 < 1
    body &= np.abs(z) < 0.93
    hu = np.where(body, 40.0, -1000.0) + ndimage.gaussian_filter(rng.normal(0, 300, shape), 1.0) * body
    labels = np.zeros(shape, np.uint8)
    for number, centre, radius in [(6, (0.3, 0.1, 0.2), 0.35), (1, (-0.35, -0.1, 0.3), 0.2), (14, (0, 0.2, -0.4), 0.25),
                                   (11, (0.0, -0.2, 0.1), 0.15), (8, (0.05, -0.35, 0.0), 0.1)]:
        ball = sum((a - c) ** 2 for a, c in zip((x, y, z), centre)) < radius**2
        labels[ball] = number
    hu = np.round(hu).astype(np.int16)
    truth = np.clip((hu - LO) / (HI - LO), 0, 1)
    noise = ndimage.gaussian_filter(rng.normal(0, 0.4, shape), 1.0)
    point = truth + noise
    lower = point - 0.05 - 0.1 * rng.random(shape)
    upper = point + 0.05 + 0.1 * rng.random(shape)
    swapped = rng.random(shape) < 0.01
    lower[swapped], upper[swapped] = upper[swapped], lower[swapped]
    affine = np.array([[-1.7, 0, 0, 30.0], [0, -1.9, 0, 35.0], [0, 0, 2.2, -100.0], [0, 0, 0, 1]])
    return affine, {"ct": hu, "q_lo": lower.astype(np.float32), "mmse": point.astype(np.float32),
                    "q_hi": upper.astype(np.float32), "body": body.astype(np.uint8), "combined_labels": labels}


def resample(data, affine, order):
    """MONAI's Spacing with its defaults: the first voxel stays, round((n - 1) old / new) + 1 voxels, border padding."""
    old = np.sqrt((affine[:3, :3] ** 2).sum(0))
    size = np.round((np.array(data.shape) - 1) * old / SPACING).astype(int) + 1
    grid = np.meshgrid(*[np.arange(n) * s / o for n, s, o in zip(size, SPACING, old)], indexing="ij")
    return ndimage.map_coordinates(data.astype(np.float64), grid, order=order, mode="nearest")


def centre(data, height, width):
    """Crop or zero-pad x and y around the middle, as MONAI's ResizeWithPadOrCrop."""
    for axis, target in ((0, width), (1, height)):
        n = data.shape[axis]
        if n >= target:
            start = n // 2 - target // 2
            data = np.take(data, range(start, start + target), axis)
        else:
            pad = [(0, 0)] * data.ndim
            pad[axis] = ((target - n) // 2, target - n - (target - n) // 2)
            data = np.pad(data, pad)
    return data


def prepare(folder):
    images = {}
    for name in ("ct", "q_lo", "mmse", "q_hi", "body", "combined_labels"):
        image = nib.as_closest_canonical(nib.load(folder / f"{name}.nii.gz"))
        order = 0 if name in ("body", "combined_labels") else 1
        images[name] = resample(np.asarray(image.dataobj), image.affine, order)
    truth = np.clip((images["ct"].astype(np.float32).astype(np.float64) - LO) / (HI - LO), 0, 1).astype(np.float32)
    box = tuple(slice(r.min(), r.max() + 1) for r in np.nonzero(truth > 0))
    truth = truth[box]
    images = {name: data[box] for name, data in images.items()}
    labels = images["combined_labels"].astype(int)
    counts = (labels > 0).sum((0, 1))[MARGIN:-MARGIN]
    counts = counts * (counts >= LEAST)
    sums = np.convolve(counts, np.ones(LENGTH), mode="valid")
    start = int(np.argmax(sums))
    assert (counts[start : start + LENGTH] > 0).sum() >= LENGTH / 2
    slices = np.linspace(start, start + LENGTH - 1, SLICES, dtype=int) + MARGIN
    groups = np.zeros_like(labels)
    groups[labels > 0] = 1
    for number, group in ORGANS.items():
        groups[labels == number] = group
    groups[(groups == 0) & (images["body"] > 0)] = 1

    def finish(data, dtype):
        # x, y, z in memory order z, y, x
        return np.ascontiguousarray(centre(data[:, :, slices], *SIZE).transpose(2, 1, 0)).astype(dtype)

    bounds = {name: finish(images[name], np.float32) for name in ("q_lo", "q_hi", "mmse")}
    clipped = sum(int(((b < 0) | (b > 1)).sum()) for b in bounds.values())
    lower, upper, point = (np.clip(bounds[name], 0, 1) for name in ("q_lo", "q_hi", "mmse"))
    crossed = int((lower > upper).sum())
    expected = {"truth": finish(truth, np.float32), "lower": np.minimum(lower, upper), "upper": np.maximum(lower, upper),
                "point": point, "groups": finish(groups, np.uint8)}
    facts = {"shape": list(expected["truth"].shape), "slices": [int(s + box[2].start) for s in slices],
             "mended": {"clipped": clipped, "crossed": crossed}, "spacing": SPACING.tolist(),
             "rule": {"length": LENGTH, "margin": MARGIN, "leastLabelled": LEAST}, "size": list(SIZE),
             "take": SLICES, "foreground": [[int(b.start), int(b.stop)] for b in box]}
    return facts, expected


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    affine, volumes = make_scan(np.random.default_rng(6))
    for name, data in volumes.items():
        scaled = data.dtype == np.float32
        image = nib.Nifti1Image(np.round(data * 2**13).astype(np.int16) if scaled else data, affine)
        if scaled:
            image.header.set_slope_inter(2.0**-13, 0)
        nib.save(image, folder / f"{name}.nii.gz")
    facts, expected = prepare(folder)
    for name, data in expected.items():
        (folder / f"{name}.bin").write_bytes(data.tobytes())
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "test" / "goldens" / "prepare"))
