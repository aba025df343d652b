"""That the companion works from end to end: `python check.py apps/cli/dist/main.js`, run by .ci/run.

A cohort of four phantoms; a few steps; a training that is broken off and goes on; the export; and `semcrc predict`, whose volumes must be
what MONAI and torch make of the same scans. And the networks that ship are in Python what their goldens say.
"""

import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from torch import nn

from semcrc_train import training
from semcrc_train.cohort import Scan, read_scans, spacing_of
from semcrc_train.crops import Place, batch, crop
from semcrc_train.inference import predict
from semcrc_train.network import pinball
from semcrc_train.onnx_export import export
from semcrc_train.refiner import Refiner
from semcrc_train.settings import PRESETS, Settings

# Values are stored in steps of 1e-4, and both sides sum windows in float32.
STORED = 6e-5
BASELINE = Path(__file__).parents[1] / "packages" / "predict" / "models" / "baseline.json"
SHIPPED_GOLDENS = Path(__file__).parents[1] / "packages" / "predict" / "scripts" / "make-shipped-goldens.py"


def main() -> None:
    command = ["node", str(Path(sys.argv[1]).resolve())]
    torch.manual_seed(0)
    check_pinball()
    check_crops()
    subprocess.run([sys.executable, str(SHIPPED_GOLDENS), "--check"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        cohort = ["--size", "40,40,6", "--spacing", "10,10,20", "--out", str(root / "cohort")]
        subprocess.run([*command, "simulate", "phantom", "-n", "4", *cohort], check=True, stdout=subprocess.DEVNULL)
        manifest = root / "cohort" / "manifest.csv"
        check_refiner(manifest)
        for settings in (
            Settings(task="denoising", steps=4, check_every=2, batch=2, patch=(32, 24), crop=(32, 32)),
            Settings(task="denoising", steps=2, check_every=2, patch=(40, 40), **{**PRESETS["refiner"], "channels": (8,)}),
            Settings(
                **{"task": "reconstruction", "steps": 2, "check_every": 2, "patch": (40, 40), "crop": (32, 32)},
                **{**PRESETS["deep-refiner"], "channels": (4, 8), "strides": (2,)},
            ),
            Settings(task="segmentation", steps=2, check_every=2, batch=2, patch=(32, 32), crop=(32, 32), activation="RELU"),
            Settings(
                **{"task": "denoising", "context": None, "channels": (4, 8), "strides": (2,), "steps": 2, "check_every": 2},
                **{"batch": 1, "patch": (16, 16, 8), "crop": (16, 16, 8), "augmented": 1.0},
            ),
        ):
            spacing = spacing_of([manifest], settings)
            assert spacing == (10, 10, 20), spacing
            check_training(command, root, manifest, replace(settings, spacing=spacing))
    print("the companion trains, resumes, exports, and semcrc predicts what torch does")


def check_pinball() -> None:
    """Of all constants, the α-quantile of a sample has the least pinball loss."""
    sample = torch.rand(1001)
    losses = {q: float(pinball(torch.full_like(sample, float(torch.quantile(sample, q))), sample, 0.1)) for q in (0.05, 0.1, 0.2, 0.5)}
    assert min(losses, key=losses.__getitem__) == 0.1, losses


def check_crops() -> None:
    """A ramp, turned and scaled, is the ramp at the turned and scaled places; noise stays where it was."""
    x, y, z = np.meshgrid(np.arange(40), np.arange(30), np.arange(9), indexing="ij")
    truth = (0.01 * x + 0.02 * y + 0.005 * z).astype(np.float32)
    noise = np.where((x + y + z) % 2 == 0, 0.125, -0.125).astype(np.float32)
    settings = Settings(task="denoising", crop=(12, 10), augmented=1.0)
    random = np.random.default_rng(5)
    for _ in range(20):
        image, learned = crop(Scan("ramp", truth + noise, truth), settings, random)
        assert np.allclose(np.abs(image[1:2] - learned), 0.125, atol=1e-5)
        place = Place([14, 10], (12, 10), settings, random)
        expected = place.points @ np.array([0.01, 0.02])
        assert np.allclose(place.sample(truth[None, ..., 0])[0], expected, atol=1e-5)
        (along_x, along_y), (turned_x, turned_y) = place.points[1, 0] - place.points[0, 0], place.points[0, 1] - place.points[0, 0]
        assert abs(np.arctan2(along_y, along_x)) <= settings.rotation and abs(np.arctan2(-turned_x, turned_y)) <= settings.rotation
        assert all(0.7 <= np.hypot(*step) <= 1.3 for step in ((along_x, along_y), (turned_x, turned_y)))
    image, learned = crop(Scan("ramp", truth + noise, truth), replace(settings, augmented=0.0), random)
    assert np.allclose(np.diff(learned[0], axis=0), 0.01, atol=1e-6) and np.allclose(np.diff(learned[0], axis=1), 0.02, atol=1e-6)


def check_refiner(manifest: Path) -> None:
    """Before any training it is the baseline, which predicted the cohort in TypeScript."""
    for preset in ("refiner", "deep-refiner"):
        settings = Settings(task="denoising", patch=(40, 40), **PRESETS[preset])
        refiner = Refiner(settings.channels, settings.strides, settings.activation).eval()
        refiner.load_baseline(BASELINE)
        check_baseline(refiner, settings, manifest)


def check_baseline(refiner: Refiner, settings: Settings, manifest: Path) -> None:
    for scan in read_scans(manifest, settings):
        lower, point, upper = np.clip(predict(refiner, scan.image, settings), 0, 1)
        expected = {"lower": np.minimum(lower, point), "point": point, "upper": np.maximum(upper, point)}
        for image, there in expected.items():
            here = volume(manifest.parent / "scans" / scan.name / f"{image}.nii.gz")
            # At the end slices, the baseline counts the slice that stands in for a missing one as no farther away than itself.
            off = np.abs(here - there)[..., 1:-1].max()
            # The measurement was stored in steps of 1e-4 in between.
            assert off < 1e-3, f"{image} of {scan.name}: {off}"


def check_training(command: list[str], root: Path, manifest: Path, settings: Settings) -> None:
    name = f"{settings.task}-{settings.network}-{settings.dimensions}"
    scans = read_scans(manifest, settings)
    out = root / name
    out.mkdir()
    network, record = training.train(scans, settings, out)
    again = resumed(scans, settings, root / f"{name}-resumed")
    for (key, value), other in zip(network.state_dict().items(), again.state_dict().values()):
        assert torch.equal(value, other), f"{name}: {key} differs after a break"
    model = out / f"{name}.onnx"
    off = export(network, settings, record, model)
    assert off < 1e-4, f"{name}: ONNX and torch are {off} apart"
    predicted = root / f"{name}-predicted"
    args = ["--model", str(model), "--input", str(manifest), "--out", str(predicted), "--runtime", "wasm"]
    subprocess.run([*command, "predict", *args], check=True, stdout=subprocess.DEVNULL)
    for scan in scans:
        values = predict(network, scan.image, settings)
        if settings.task == "segmentation":
            found = volume(predicted / "scans" / scan.name / "segmentation.nii.gz")
            labels = np.array([0, 1, 2, 3, 4, 6, 7, 8, 9, 11])[values.argmax(axis=0)]
            # Where two channels are equal up to rounding, either may win.
            assert (found != labels).mean() < 1e-3, f"{name}: {scan.name}"
            continue
        lower, point, upper = np.clip(values, 0, 1)
        expected = {"lower": np.minimum(lower, upper), "point": point, "upper": np.maximum(lower, upper)}
        for image, there in expected.items():
            here = volume(predicted / "scans" / scan.name / f"{image}.nii.gz")
            assert np.abs(here - there).max() < STORED, f"{name}: {image} of {scan.name}"


def resumed(scans: list, settings: Settings, out: Path) -> nn.Module:
    """The same training, broken off at its last step and begun again."""
    out.mkdir()

    def broken(*args: object) -> object:
        if args[2] == settings.steps - 1:
            raise KeyboardInterrupt
        return batch(*args)

    training.batch = broken
    try:
        training.train(scans, settings, out)
        raise AssertionError("the training was not broken off")
    except KeyboardInterrupt:
        pass
    finally:
        training.batch = batch
    return training.train(scans, settings, out)[0]


def volume(path: Path) -> np.ndarray:
    return nib.as_closest_canonical(nib.load(path)).get_fdata(dtype=np.float32)


if __name__ == "__main__":
    main()
