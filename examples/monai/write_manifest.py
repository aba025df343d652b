"""Writes a semcrc manifest from predictions that MONAI's SaveImage wrote: PREDICTIONS/CASE/CASE_<postfix>.nii.gz."""

import argparse
import csv
import os
import sys
from pathlib import Path

# Column of the manifest: postfix of the file. `point` and `body` may be missing, but then in every case.
REQUIRED = {"lower": "lower", "upper": "upper", "segmentation": "seg"}
OPTIONAL = {"point": "point", "body": "body"}


def columns_of(first_case: Path) -> dict[str, str]:
    """The columns that the manifest will have, by what the first case has."""
    present = {c: p for c, p in OPTIONAL.items() if predicted(first_case, p).exists()}
    return REQUIRED | present


def predicted(case: Path, postfix: str) -> Path:
    return case / f"{case.name}_{postfix}.nii.gz"


def rows(predictions: Path, truths: Path, base: Path) -> tuple[list[str], list[list[str]]]:
    """Header and one row per case, paths relative to the manifest's folder."""
    cases = sorted(path for path in predictions.iterdir() if path.is_dir())
    if not cases:
        sys.exit(f"{predictions}: expected a folder per case, found none")
    columns = columns_of(cases[0])
    table = []
    for case in cases:
        files = [truths / f"{case.name}.nii.gz", *(predicted(case, postfix) for postfix in columns.values())]
        missing = [str(file) for file in files if not file.is_file()]
        if missing:
            sys.exit(f"case {case.name}: expected {', '.join(missing)}")
        table.append([case.name, *(Path(os.path.relpath(file, base)).as_posix() for file in files)])
    return ["scan", "ground_truth", *columns], table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("predictions", type=Path, help="output_dir of SaveImage")
    parser.add_argument("truths", type=Path, help="folder with CASE.nii.gz, the true scans in HU")
    parser.add_argument("--out", type=Path, default=Path("manifest.csv"))
    arguments = parser.parse_args()

    header, table = rows(arguments.predictions, arguments.truths, arguments.out.parent)
    with arguments.out.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *table])
    print(f"{arguments.out}: {len(table)} scans")


if __name__ == "__main__":
    main()
