"""What made a cohort, for the record of a training."""

import json
from pathlib import Path
from typing import Any

from .cohort import read_manifest


def provenance(manifest: Path) -> dict[str, Any]:
    """Scans, and what `semcrc simulate` or `semcrc predict` noted beside the manifest. No paths: they mean nothing elsewhere."""
    found: dict[str, Any] = {"name": manifest.parent.name, "scans": len(read_manifest(manifest))}
    simulation = document(manifest.parent / "simulation.json")
    if simulation is not None:
        spec = simulation["spec"]
        patients = spec["patients"]
        found["simulation"] = {
            **{key: patients[key] for key in ("kind", "shape", "spacing", "options") if patients.get(key) is not None},
            "seed": spec["seed"],
            "task": spec["task"],
        }
    prediction = document(manifest.parent / "prediction.json")
    if prediction is not None:
        found["prediction"] = {key: prediction["model"][key] for key in ("name", "task", "digest")}
        source = Path(prediction["spec"]["input"])
        if source.exists() and source.suffix == ".csv":
            found["of"] = provenance(source)
    return found


def document(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None
