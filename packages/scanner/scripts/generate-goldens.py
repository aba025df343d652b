"""Writes test/goldens/odl.json: what ODL says about helical scans, their filter and their window.

    pip install -r scripts/requirements.txt
    python scripts/generate-goldens.py

ODL evaluates all of it without a projector. Numbers are rounded to ten digits, so that running it again changes nothing.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import odl
from odl.applications.tomo.analytic.filtered_back_projection import _fbp_filter, tam_danielson_window
from odl.applications.tomo.geometry.conebeam import helical_geometry

GOLDENS = Path(__file__).resolve().parent.parent / "test" / "goldens"
SIZES = [(122, 101, 30), (256, 256, 48), (256, 256, 128), (280, 220, 200), (300, 240, 600), (96, 96, 64), (64, 48, 20)]
SOURCE, DETECTOR, TURNS, LIMITS = 1000, 500, 8, (1000, 512, 128)


def rounded(value):
    if isinstance(value, (list, tuple, np.ndarray)):
        return [rounded(v) for v in value]
    if isinstance(value, (int, np.integer)):
        return int(value)
    return float(f"{float(value):.10g}") + 0.0


def scan(size, radii=(SOURCE, DETECTOR), turns=TURNS):
    """The authors' call: ODL's own geometry first, then again with its numbers cut to the limits."""
    half = [n / 2 for n in size]
    space = odl.uniform_discr([-h for h in half], half, size, dtype="float32")
    full = helical_geometry(space, *radii, num_turns=turns)
    columns, rows = full.detector.shape
    cut = helical_geometry(
        space,
        *radii,
        num_turns=turns,
        num_angles=min(full.angles.size, LIMITS[0]),
        det_shape=(min(columns, LIMITS[1]), min(rows, LIMITS[2])),
    )
    return full, cut


def describe(size, radii, turns):
    full, cut = scan(size, radii, turns)
    views = [0, 1, cut.angles.size // 3, cut.angles.size - 1]
    low, high = cut.det_params.min_pt, cut.det_params.max_pt
    corners = [(low[0], low[1]), (high[0], 0), (0, high[1])]
    return {
        "size": list(size),
        "radii": list(radii),
        "turns": turns,
        "needed": [full.angles.size, *full.detector.shape],
        "has": [cut.angles.size, *cut.detector.shape],
        "pitch": cut.pitch,
        "start": cut.offset_along_axis,
        "detector": [high[0] - low[0], high[1] - low[1]],
        "views": [
            {
                "view": view,
                "angle": cut.angles[view],
                "source": cut.src_position(cut.angles[view]),
                # Detector points at (lowest u, lowest v), (highest u, 0), (0, highest v).
                "detector": [cut.det_point_position(cut.angles[view], corner) for corner in corners],
            }
            for view in views
        ],
    }


def window(size):
    _, cut = scan(size)
    fake = SimpleNamespace(geometry=cut, range=odl.uniform_discr_frompartition(cut.partition, dtype="float64"))
    weights = tam_danielson_window(fake, smoothing_width=0.05, n_pi=1).asarray()[0]
    columns = np.linspace(0, weights.shape[0] - 1, 9).astype(int)
    return {"size": list(size), "columns": columns, "weights": weights[columns]}


def main():
    frequencies = np.linspace(0, 1, 41)
    goldens = {
        "odl": odl.__version__,
        "scans": [describe(size, (SOURCE, DETECTOR), TURNS) for size in SIZES]
        + [describe((64, 48, 20), (120, 70), 2.5), describe((64, 48, 20), (60.5, 90), 1)],
        "filter": {
            "frequencies": frequencies,
            "values": _fbp_filter(frequencies.copy(), "Hann", frequency_scaling=0.8),
        },
        "windows": [window((256, 256, 128)), window((96, 96, 64))],
    }
    GOLDENS.mkdir(parents=True, exist_ok=True)
    text = json.dumps(goldens, default=rounded)
    text = json.dumps(json.loads(text, parse_float=lambda s: rounded(float(s))), separators=(",", ":"))
    (GOLDENS / "odl.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
