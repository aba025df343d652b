"""Writes a small cohort as MONAI's SaveImage lays files out, in place of a network: python make_predictions.py FOLDER"""

import sys
from pathlib import Path

import nibabel
import numpy as np

SHAPE = (24, 24, 4)  # x, y, z
AFFINE = np.diag([3.0, 3.0, 5.0, 1.0])
LIVER, BODY = 5, 0  # numbers of TotalSegmentator; what is no organ is 0


def save(volume: np.ndarray, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    nibabel.save(nibabel.Nifti1Image(volume, AFFINE), folder / f"{name}.nii.gz")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    rng = np.random.default_rng(0)
    for index in range(24):
        case = f"case_{index:03d}"
        labels = np.full(SHAPE, BODY, np.uint8)
        x, y = rng.integers(4, 12, 2)
        labels[x : x + 8, y : y + 8] = LIVER
        clean = np.where(labels == LIVER, 60.0, 0.0)
        truth = clean + rng.normal(0, np.where(labels == LIVER, 30, 12), SHAPE)
        point = (clean + 175) / 425  # the network's output, in the window −175..250 HU
        save(truth.round().astype(np.int16), folder / "truth", case)
        for postfix, volume in {"lower": point - 0.03, "point": point, "upper": point + 0.03}.items():
            save(volume.astype(np.float32), folder / "predictions" / case, f"{case}_{postfix}")
        save(labels, folder / "predictions" / case, f"{case}_seg")


if __name__ == "__main__":
    main()
