"""Reads with nibabel what write-samples.mjs wrote, and says where affine, values, type or extensions differ.

node scripts/write-samples.mjs FOLDER && python scripts/check-written.py FOLDER
"""

import json
import sys
from pathlib import Path

import nibabel as nib
import numpy as np

folder = Path(sys.argv[1])
problems = []
cases = json.loads((folder / "written.json").read_text())
for case in cases:
    image = nib.load(folder / case["file"])

    def check(what, found, expected, equal):
        if not equal:
            problems.append(f"{case['file']}: {what} is {found}, expected {expected}")

    expected_class = nib.Nifti2Image if case["version"] == 2 else nib.Nifti1Image
    check("class", type(image), expected_class, type(image) is expected_class)
    check("shape", image.shape, case["shape"], list(image.shape) == case["shape"])
    affine = np.array(case["affine"]).reshape(4, 4)
    check("affine", image.affine, affine, np.allclose(image.affine, affine, rtol=0, atol=1e-12))
    dtype = image.get_data_dtype()
    check("data type", dtype, case["datatype"], dtype == np.dtype(case["datatype"]))
    values = np.asarray(image.dataobj, np.float64).ravel(order="F")
    worst = np.abs(values - np.array(case["values"])).max()
    # f32 of slope 1e-4 differs from 1e-4 by less than 1e-8 of itself.
    check("largest difference", worst, case["tolerance"], worst <= case["tolerance"] * (1 + 1e-6))
    codes = [int(image.header["qform_code"]), int(image.header["sform_code"])]
    check("form codes", codes, [case["qformCode"], case["sformCode"]], codes == [case["qformCode"], case["sformCode"]])
    found = [(e.get_code(), e.content.decode()) for e in image.header.extensions]
    expected = [(e["code"], e["text"]) for e in case["extensions"]]
    check("extensions", found, expected, found == expected)
for problem in problems:
    print(problem, file=sys.stderr)
print(f"{len(cases)} files checked, {len(problems)} problems")
sys.exit(1 if problems or not cases else 0)
