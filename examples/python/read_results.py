"""Reads what semcrc writes: an experiment's records with pandas, calibrated intervals with nibabel."""

import argparse
import json
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd


def held_out(experiment: dict) -> pd.DataFrame:
    """One row per run and procedure: held-out risk, and length as a share of the window."""
    rows = [
        {"procedure": r["procedure"], "run": r["run"], "risk": r["test"]["risk"], "length": r["test"]["length"]}
        for r in experiment["runs"]
    ]
    return pd.DataFrame(rows)


def lambda_by_organ(experiment: dict, procedure: str) -> pd.DataFrame:
    """λ of each organ (rows) in each run (columns); one λ for both sides, keyed by label."""
    columns = {
        r["run"]: {experiment["labels"][key]: float(value) for key, value in r["lambda"].items()}
        for r in experiment["runs"]
        if r["procedure"] == procedure
    }
    return pd.DataFrame(columns)


def width_by_label(applied: Path, segmentation: Path) -> pd.Series:
    """Mean width of the calibrated intervals by label number of the segmentation, in the unit they were written in."""
    widths = nibabel.load(applied / "width.nii.gz").get_fdata()
    labels = np.asarray(nibabel.load(segmentation).dataobj)
    return pd.Series(widths.ravel()).groupby(labels.ravel()).mean().rename_axis("label")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", type=Path, help="experiment.json")
    parser.add_argument("--applied", type=Path, help="folder that `semcrc apply` wrote")
    parser.add_argument("--segmentation", type=Path, help="segmentation that it was given")
    arguments = parser.parse_args()

    experiment = json.loads(arguments.experiment.read_text())
    print(held_out(experiment).groupby("procedure")[["risk", "length"]].agg(["mean", "std"]).round(4))
    print(lambda_by_organ(experiment, "sem-crc").round(4))
    if arguments.applied:
        print(width_by_label(arguments.applied, arguments.segmentation).round(2))


if __name__ == "__main__":
    main()
