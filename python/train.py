"""Trains a network on a cohort: `python train.py --task denoising --cohort FOLDER --out FOLDER`."""

import argparse
import dataclasses
import json
from pathlib import Path

import torch

from semcrc_train.cohort import read_scans
from semcrc_train.settings import PRESETS, Settings
from semcrc_train.training import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", required=True, choices=["denoising", "reconstruction", "segmentation"])
    parser.add_argument("--cohort", required=True, type=Path, help="folder with a manifest.csv, or a manifest")
    parser.add_argument("--out", required=True, type=Path, help="checkpoints, and the trained network; the same again goes on")
    parser.add_argument("--preset", choices=list(PRESETS), default="small", help="network and schedule (default: small)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="optimizer steps at most")
    parser.add_argument("--check-every", type=int, help="steps between looks at the held-out scans")
    parser.add_argument("--batch", type=int, help="crops of a step")
    parser.add_argument("--patch", type=lambda text: tuple(int(side) for side in text.split(",")), help="x,y or x,y,z")
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0 leaves it to torch")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    if given.threads > 0:
        torch.set_num_threads(given.threads)
    own = {name: getattr(given, name) for name in ("steps", "check_every", "batch", "patch") if getattr(given, name) is not None}
    settings = Settings(**{"task": given.task, "seed": given.seed, **PRESETS[given.preset], **own})
    if len(settings.patch) != settings.dimensions:
        parser.error(f"--patch has {settings.dimensions} sides with the preset {given.preset}")
    manifest = given.cohort / "manifest.csv" if given.cohort.is_dir() else given.cohort
    given.out.mkdir(parents=True, exist_ok=True)
    network, record = train(read_scans(manifest, settings), settings, given.out, given.device)
    torch.save({"settings": dataclasses.asdict(settings), "network": network.state_dict(), "record": record}, given.out / "trained.pt")
    (given.out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record["heldOut"]))


if __name__ == "__main__":
    main()
