"""The training loop: seeded, resumable, stopped early."""

import copy
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .cohort import Scan, split
from .crops import batch
from .inference import measure
from .network import make_loss, make_network
from .settings import Settings

CHECKPOINT = "checkpoint.pt"


def train(
    scans: list[Scan], settings: Settings, out: Path, device: str = "cpu", start: dict[str, Tensor] | None = None
) -> tuple[nn.Module, dict[str, Any]]:
    """Trains until the steps are done or the held-out loss has not fallen for `patience` checks; goes on from a checkpoint in `out`.

    `start`: weights of another training of the same network to begin with, instead of random ones. Returns the network of the best check, and the training's record.
    """
    torch.manual_seed(settings.seed)
    learning, held_out = split(scans, settings)
    network = make_network(settings).to(device)
    if start is not None:
        network.load_state_dict(start)
    loss_of = make_loss(settings)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=settings.decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, settings.steps)
    state: dict[str, Any] = {"step": 0, "best": None, "checks": [], "weights": None}
    checkpoint = out / CHECKPOINT
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device)
        if saved["settings"] != asdict(settings):
            raise SystemExit(f"{checkpoint}: expected a training with these settings, found one with others; choose another folder")
        network.load_state_dict(saved["network"])
        optimizer.load_state_dict(saved["optimizer"])
        schedule.load_state_dict(saved["schedule"])
        state = saved["state"]
    while state["step"] < settings.steps and not stalled(state, settings):
        network.train()
        image, truth = (tensor.to(device) for tensor in batch(learning, settings, state["step"]))
        optimizer.zero_grad()
        loss_of(network(image), truth).backward()
        optimizer.step()
        schedule.step()
        state["step"] += 1
        if state["step"] % settings.check_every == 0 or state["step"] == settings.steps:
            check(network, held_out, settings, state, device)
            save(checkpoint, settings, network, optimizer, schedule, state)
    network.load_state_dict(state["weights"])
    return network.eval(), {
        "settings": {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(settings).items()},
        "scans": len(learning),
        "heldOutScans": [scan.name for scan in held_out],
        "steps": state["step"],
        "bestStep": state["best"]["step"],
        "heldOut": {name: value for name, value in state["best"].items() if name != "step"},
        "checks": state["checks"],
    }


def stalled(state: dict[str, Any], settings: Settings) -> bool:
    """Whether the last `patience` checks brought nothing."""
    if state["best"] is None:
        return False
    return state["step"] - state["best"]["step"] >= settings.patience * settings.check_every


def check(network: nn.Module, held_out: list[Scan], settings: Settings, state: dict[str, Any], device: str) -> None:
    network.eval()
    found = measure(lambda tensor: network(tensor.to(device)), held_out, settings)
    entry = {"step": state["step"], **found}
    state["checks"].append(entry)
    print(" ".join(f"{name} {value:.4g}" for name, value in entry.items()), flush=True)
    if state["best"] is None or found["loss"] < state["best"]["loss"]:
        state["best"] = entry
        state["weights"] = copy.deepcopy(network.state_dict())


def save(path: Path, settings: Settings, network: nn.Module, optimizer: Any, schedule: Any, state: dict[str, Any]) -> None:
    """Beside its place, then renamed: a killed training leaves the checkpoint before."""
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "settings": asdict(settings),
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "schedule": schedule.state_dict(),
            "state": state,
        },
        partial,
    )
    os.replace(partial, path)
