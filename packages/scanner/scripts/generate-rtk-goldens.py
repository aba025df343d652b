"""Writes test/goldens/rtk.json: what RTK's Joseph projector makes of a few views of a helix.

    pip install -r scripts/requirements-rtk.txt
    python scripts/generate-rtk-goldens.py

Not among the goldens that are made anew by every check, as ITK takes 1.6 GB. Numbers are rounded to six digits.
"""

import json
from pathlib import Path

import itk
import numpy as np
from itk import RTK as rtk

GOLDENS = Path(__file__).resolve().parent.parent / "test" / "goldens"
SHAPE = (24, 28, 32)  # slices, height, width
SOURCE, DETECTOR, TURNS, VIEWS = 120.0, 70.0, 3, 60
# Views whose rays to the object do not pass the ends of the volume, where RTK holds the border voxels and we take zero.
TAKEN = [7, 19, 30, 38, 44]


def blobs():
    """Gaussians that fade out before the border, so that how a projector treats the border does not matter."""
    z, y, x = np.meshgrid(*[np.arange(n) - (n - 1) / 2 for n in SHAPE], indexing="ij")
    volume = np.zeros(SHAPE)
    for value, cx, cy, cz, width in [(1.0, 2, -1, 1, 3.0), (0.6, -5, 3, -3, 2.2), (0.4, 4, 4, 4, 1.6)]:
        volume += value * np.exp(-((x - cx) ** 2 + (y - cy) ** 2 + (z - cz) ** 2) / (2 * width**2))
    return volume.astype(np.float32)


def plan():
    """The formulas of the helix as in docs/scanner.md, one unit a voxel."""
    rho = np.hypot(SHAPE[2], SHAPE[1]) / 2
    r = SOURCE + DETECTOR
    pitch = SHAPE[0] / TURNS
    width = 2 * rho * r / SOURCE
    columns = 2 * int(np.ceil(width * np.pi * r / (2 * np.pi * np.hypot(r, width / 2)))) + 1
    half = pitch / (2 * np.pi) * (1 + (rho / SOURCE) ** 2) * (np.pi / 2 + np.arctan(rho / SOURCE))
    height = 2 * half * r / SOURCE
    rows = int(np.ceil(height / (0.5 * r / SOURCE)))
    return pitch, width, height, columns, rows


def main():
    pitch, width, height, columns, rows = plan()
    # RTK turns about y, its source at +z: our (x, y, z) is its (x, z, -y).
    image = itk.image_from_array(np.ascontiguousarray(blobs().transpose(1, 0, 2)[::-1]))
    image.SetOrigin([-(n - 1) / 2 for n in (SHAPE[2], SHAPE[0], SHAPE[1])])
    geometry = rtk.ThreeDCircularProjectionGeometry.New()
    for view in TAKEN:
        angle = (view + 0.5) * 2 * np.pi * TURNS / VIEWS
        z = -SHAPE[0] / 2 + pitch * angle / (2 * np.pi)
        geometry.AddProjection(SOURCE, SOURCE + DETECTOR, np.degrees(angle), 0.0, z, 0.0, 0.0, 0.0, z)
    blank = itk.image_from_array(np.zeros((len(TAKEN), rows, columns), np.float32))
    du, dv = width / columns, height / rows
    blank.SetSpacing([du, dv, 1.0])
    blank.SetOrigin([-(columns - 1) / 2 * du, -(rows - 1) / 2 * dv, 0.0])
    kind = type(image)
    projector = rtk.JosephForwardProjectionImageFilter[kind, kind].New()
    projector.SetInput(0, blank)
    projector.SetInput(1, image)
    projector.SetGeometry(geometry)
    projector.Update()
    found = itk.array_from_image(projector.GetOutput()).transpose(0, 2, 1)
    goldens = {
        "rtk": "2.7.0.post1",
        "shape": SHAPE,
        "scan": {"sourceRadius": SOURCE, "detectorRadius": DETECTOR, "turns": TURNS, "maxViews": VIEWS},
        "columns": columns,
        "rows": rows,
        # views x columns x rows, rows fastest
        "views": [
            {"view": view, "integrals": [float(f"{v:.6g}") for v in values.ravel()]}
            for view, values in zip(TAKEN, found)
        ],
    }
    GOLDENS.mkdir(parents=True, exist_ok=True)
    (GOLDENS / "rtk.json").write_text(json.dumps(goldens, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
