"""Trains a network on cohorts: `python train.py --task denoising --cohort FOLDER --out FOLDER`."""

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import torch

from semcrc_train.cohort import read_cohort, spacing_of
from semcrc_train.network import make_network
from semcrc_train.provenance import provenance
from semcrc_train.refiner import Refiner
from semcrc_train.settings import PRESETS, Settings
from semcrc_train.training import train


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", required=True, choices=["denoising", "reconstruction", "segmentation"])
    parser.add_argument(
        "--cohort", required=True, type=Path, action="append", help="folder with a manifest.csv, or a manifest; again for more"
    )
    parser.add_argument("--out", required=True, type=Path, help="checkpoints, and the trained network; the same again goes on")
    parser.add_argument("--preset", choices=list(PRESETS), default="small", help="network and schedule (default: small)")
    parser.add_argument(
        "--spacing", help="voxel sides x,y,z in mm that scans are resampled to by predict; own: each scan's own (default: the cohort's)"
    )
    parser.add_argument("--from", dest="start", type=Path, help="folder of another training of this network, whose weights are the first")
    parser.add_argument("--baseline", type=Path, help="JSON of the baseline predictor that a refiner starts from")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, help="optimizer steps at most")
    parser.add_argument("--check-every", type=int, help="steps between looks at the held-out scans")
    parser.add_argument("--batch", type=int, help="crops of a step")
    parser.add_argument("--rate", type=float, help="learning rate at the start")
    parser.add_argument("--context", type=int, help="slices on each side that a 2.5-D network sees")
    parser.add_argument("--activation", help="of MONAI, by name")
    parser.add_argument("--channels", type=sides, help="of each level of the UNet")
    parser.add_argument("--strides", type=sides, help="between the levels")
    parser.add_argument("--patch", type=sides, help="window of inference: x,y or x,y,z")
    parser.add_argument("--crop", type=sides, help="of training: x,y or x,y,z")
    parser.add_argument("--augmented", type=float, help="share of crops that are turned and scaled")
    parser.add_argument("--held-out", type=float, help="share of the scans")
    parser.add_argument("--threads", type=int, default=0, help="of torch; 0 leaves it to torch")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    given = parser.parse_args()
    if given.threads > 0:
        torch.set_num_threads(given.threads)
    fields = {field.name for field in dataclasses.fields(Settings)} - {"spacing"}
    own = {name: value for name, value in vars(given).items() if name in fields and value is not None}
    settings = Settings(**{**PRESETS[given.preset], **own})
    for name in ("patch", "crop"):
        if len(getattr(settings, name)) != settings.dimensions:
            parser.error(f"--{name} has {settings.dimensions} sides in this network")
    manifests = [cohort / "manifest.csv" if cohort.is_dir() else cohort for cohort in given.cohort]
    if given.spacing != "own":
        spacing = spacing_of(manifests, settings) if given.spacing is None else tuple(float(side) for side in given.spacing.split(","))
        settings = dataclasses.replace(settings, spacing=spacing)
    given.out.mkdir(parents=True, exist_ok=True)
    if (settings.network == "refiner") != (given.baseline is not None):
        parser.error("a refiner and --baseline go together")
    start = None if given.start is None else trained_before(given.start, settings)
    weights = None if start is None else start["network"]
    if given.baseline is not None and weights is None:
        torch.manual_seed(settings.seed)
        refiner = make_network(settings)
        assert isinstance(refiner, Refiner)
        refiner.load_baseline(given.baseline)
        weights = refiner.state_dict()
    network, record = train(read_cohort(manifests, settings), settings, given.out, given.device, weights)
    record = {"cohorts": [provenance(manifest) for manifest in manifests], **record}
    if given.baseline is not None:
        record["baseline"] = json.loads(given.baseline.read_text(encoding="utf-8"))["digest"]
    if start is not None:
        record["from"] = start["record"]
    torch.save({"settings": dataclasses.asdict(settings), "network": network.state_dict(), "record": record}, given.out / "trained.pt")
    (given.out / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record["heldOut"]))


def trained_before(folder: Path, settings: Settings) -> dict[str, Any]:
    before = torch.load(folder / "trained.pt", map_location="cpu")
    for name in ("network", "context", "channels", "strides", "activation"):
        if before["settings"][name] != getattr(settings, name):
            raise SystemExit(f"{folder}: expected a network with {name} {getattr(settings, name)}, found {before['settings'][name]}")
    return before


def sides(text: str) -> tuple[int, ...]:
    return tuple(int(side) for side in text.split(","))


if __name__ == "__main__":
    main()
