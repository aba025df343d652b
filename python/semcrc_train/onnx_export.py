"""ONNX and its record (`semcrc/model@1`), checked against torch."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx.reference import ReferenceEvaluator
from torch import nn

from .cohort import WINDOW
from .settings import ORGAN_LABELS, Settings

OPSET = 16


def export(network: nn.Module, settings: Settings, training: dict[str, Any], path: Path) -> float:
    """Writes `path` (.onnx) and its record; returns the largest difference between ONNX (evaluated by its reference) and torch."""
    network = network.cpu().eval()
    example = torch.rand((1, settings.inputs, *settings.patch), generator=torch.Generator().manual_seed(settings.seed))
    axes = {0: "n", **{2 + axis: f"s{axis}" for axis in range(settings.dimensions)}}
    torch.onnx.export(
        network,
        example,
        str(path),
        opset_version=OPSET,
        input_names=["measurement"],
        output_names=["values"],
        dynamic_axes={"measurement": axes, "values": axes},
    )
    onnx.checker.check_model(str(path))
    path.with_suffix(".json").write_text(json.dumps(record(settings, training, path), indent=2) + "\n", encoding="utf-8")
    return difference(network, settings, path)


def record(settings: Settings, training: dict[str, Any], path: Path) -> dict[str, Any]:
    flat = settings.context is not None
    own: dict[str, Any] = (
        {"scheme": "suprem", "labels": list(ORGAN_LABELS), "threshold": None}
        if settings.task == "segmentation"
        else {"channels": ["lower", "point", "upper"], "alpha": settings.alpha}
    )
    return {
        "schema": "semcrc/model@1",
        "name": path.stem,
        "digest": sha256(path.read_bytes()).hexdigest(),
        "task": settings.task,
        "dimensions": 2.5 if flat else 3,
        **({"context": settings.context} if flat else {}),
        "axes": "xy" if flat else "xyz",
        "patch": list(settings.patch),
        "overlap": settings.overlap,
        "spacing": None if settings.spacing is None else list(settings.spacing),
        "window": list(WINDOW),
        "clip": settings.task == "segmentation",
        "input": "measurement",
        "output": "values",
        **own,
        "training": training,
    }


def difference(network: nn.Module, settings: Settings, path: Path) -> float:
    """On a small tensor that the strides allow, for the reference evaluator is slow."""
    side = max(12, 2 * int(np.prod(settings.strides)))
    tensor = torch.rand((1, settings.inputs, *[side] * settings.dimensions), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network(tensor).numpy()
    (found,) = ReferenceEvaluator(str(path)).run(None, {"measurement": tensor.numpy()})
    return float(np.abs(found - expected).max())
