"""Exports a trained network: `python export.py --trained FOLDER --out unet.onnx`, with its record unet.json beside it."""

import argparse
from pathlib import Path

import torch

from semcrc_train.network import make_network
from semcrc_train.onnx_export import export
from semcrc_train.settings import Settings

TOLERANCE = 1e-4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trained", required=True, type=Path, help="folder that train.py wrote")
    parser.add_argument("--out", required=True, type=Path, help="the ONNX file")
    given = parser.parse_args()
    trained = torch.load(given.trained / "trained.pt", map_location="cpu")
    settings = Settings(**trained["settings"])
    network = make_network(settings)
    network.load_state_dict(trained["network"])
    off = export(network, settings, trained["record"], given.out)
    if off > TOLERANCE:
        given.out.unlink()
        given.out.with_suffix(".json").unlink()
        raise SystemExit(f"{given.out}: expected what torch computes within {TOLERANCE}, found {off:.2g} apart; nothing is written")
    print(f"{given.out}: within {off:.2g} of torch")


if __name__ == "__main__":
    main()
