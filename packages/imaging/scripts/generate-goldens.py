"""Writes test/goldens: small NIfTI files and what nibabel, numpy and scipy say about them.

    pip install -r scripts/requirements.txt
    python scripts/generate-goldens.py

Seeded, and without time stamps: the same versions write the same bytes.
"""

import gzip
import itertools
import json
import shutil
from pathlib import Path

import nibabel as nib
import numpy as np
from nibabel.orientations import aff2axcodes, io_orientation
from scipy import ndimage

GOLDENS = Path(__file__).resolve().parent.parent / "test" / "goldens"
DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]


def plain(value):
    """numpy to JSON: arrays as flat lists, x fastest."""
    if isinstance(value, np.ndarray):
        return value.ravel(order="F").tolist()
    return value


def save_json(name, content):
    path = GOLDENS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


def nifti_bytes(array, *, version=1, endian="<", fields=None, extensions=()):
    """A NIfTI file with exactly these header fields; nothing checked, nothing mended."""
    header = (nib.Nifti1Header if version == 1 else nib.Nifti2Header)(endianness=endian)
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    tail = b""
    for code, content in extensions:
        size = 8 + len(content) + (-(8 + len(content))) % 16
        order = "little" if endian == "<" else "big"
        tail += size.to_bytes(4, order) + code.to_bytes(4, order) + content.ljust(size - 8, b"\0")
    start = (348 if version == 1 else 540) + 4
    header["magic"] = b"n+1" if version == 1 else b"n+2"
    header["vox_offset"] = start + len(tail)
    for field, value in (fields or {}).items():
        header[field] = value
    flag = b"\1\0\0\0" if extensions else b"\0\0\0\0"
    data = array.astype(array.dtype.newbyteorder(endian)).tobytes(order="F")
    return header.binaryblock + flag + tail + data


def gz(content, members=1):
    parts = np.array_split(np.frombuffer(content, np.uint8), members)
    return b"".join(gzip.compress(part.tobytes(), 9, mtime=0) for part in parts)


def reading():
    """Files of every data type, byte order and version, and headers of every kind that places a volume."""
    rng = np.random.default_rng(20250)
    folder = GOLDENS / "reading"
    folder.mkdir(parents=True)
    cases = []

    def add(name, array, *, gzip_members=0, **options):
        content = nifti_bytes(array, **options)
        image_class = nib.Nifti1Image if options.get("version", 1) == 1 else nib.Nifti2Image
        image = image_class.from_bytes(content)
        file = f"{name}.nii{'.gz' if gzip_members else ''}"
        (folder / file).write_bytes(gz(content, gzip_members) if gzip_members else content)
        data = np.asarray(image.dataobj, dtype=np.float64)
        closest = nib.as_closest_canonical(image.__class__(data.reshape((data.shape + (1, 1))[:3]), image.affine))
        cases.append({
            "file": file,
            "datatype": array.dtype.name,
            "shape": list(array.shape),
            "littleEndian": options.get("endian", "<") == "<",
            "version": options.get("version", 1),
            "affine": plain(image.affine.T),
            "codes": "".join(aff2axcodes(image.affine)),
            "values": plain(data.astype(np.float32)),
            "canonicalAffine": plain(closest.affine.T),
            "canonicalShape": list(closest.shape),
            "canonicalValues": plain(np.asarray(closest.dataobj).astype(np.float32)),
        })

    def values(dtype, shape=(3, 4, 5)):
        if dtype.startswith("float"):
            return (rng.standard_normal(shape) * 1000).astype(dtype)
        info = np.iinfo(dtype)
        array = rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
        array.flat[:2] = info.min, info.max
        # Beyond 2^53 nibabel's way of adding the intercept depends on the platform's long double.
        return array // 2**12 if info.bits == 64 else array

    placed = {"sform_code": 1, "srow_x": [-0.7, 0, 0, 90.5], "srow_y": [0, -0.7, 0, 120.25], "srow_z": [0, 0, 2.5, -300]}
    for dtype, endian in itertools.product(DTYPES, "<>"):
        order = "le" if endian == "<" else "be"
        add(f"{dtype}-{order}", values(dtype), endian=endian, fields=placed, gzip_members=int(endian == "<"))
        scaled = {**placed, "scl_slope": np.float32(0.1), "scl_inter": np.float32(-7.3)}
        add(f"{dtype}-{order}-scaled", values(dtype), endian=endian, fields=scaled)
    for dtype, endian in itertools.product(["int16", "float32", "float64"], "<>"):
        order = "le" if endian == "<" else "be"
        scaled = {**placed, "scl_slope": 0.1, "scl_inter": -7.3}
        add(f"nifti2-{dtype}-{order}", values(dtype), endian=endian, version=2, fields=scaled)

    small = np.arange(24, dtype=np.uint8).reshape(2, 3, 4, order="F")
    rows = {"srow_x": [0, 0, 2, 1], "srow_y": [3, 0, 0, 2], "srow_z": [0, -4, 0, 3]}
    turn = np.array([0.1, -0.3, 0.5], np.float32)
    q = {"quatern_b": turn[0], "quatern_c": turn[1], "quatern_d": turn[2]}
    q |= {"qoffset_x": -10.5, "qoffset_y": 20.25, "qoffset_z": 3}
    zooms = [1, 1.5, 2.5, 3.5, 0, 0, 0, 0]
    flipped = [-1, 1.5, 2.5, 3.5, 0, 0, 0, 0]
    half_turn = {"quatern_b": 0, "quatern_c": np.float32(0.6), "quatern_d": np.float32(0.8)}
    headers = {
        "no-forms": {"pixdim": zooms},
        "no-forms-zero-zoom": {"pixdim": [1, 0, 2.5, 3.5, 0, 0, 0, 0]},
        "no-forms-negative-zoom": {"pixdim": [1, 1.5, -2.5, 3.5, 0, 0, 0, 0]},
        "qform": {"pixdim": zooms, "qform_code": 1, **q},
        "qform-flipped": {"pixdim": flipped, "qform_code": 1, **q},
        "qform-qfac-zero": {"pixdim": [0, 1.5, 2.5, 3.5, 0, 0, 0, 0], "qform_code": 1, **q},
        "qform-half-turn": {"pixdim": zooms, "qform_code": 2, **half_turn},
        "qform-above-unit": {"pixdim": zooms, "qform_code": 1, "quatern_d": np.nextafter(np.float32(1), np.float32(2))},
        "sform": {"pixdim": zooms, "sform_code": 2, **rows},
        "both-forms": {"pixdim": zooms, "qform_code": 1, "sform_code": 1, **q, **rows},
        "qform-code-above-sform-code": {"pixdim": zooms, "qform_code": 3, "sform_code": 1, **q, **rows},
        "unknown-sform-code": {"pixdim": zooms, "qform_code": 1, "sform_code": 17, **q, **rows},
        "negative-sform-code": {"pixdim": zooms, "qform_code": 1, "sform_code": -1, **q, **rows},
        "slope-zero": {"pixdim": zooms, "scl_slope": 0, "scl_inter": 5},
        "slope-nan": {"pixdim": zooms, "scl_slope": np.nan, "scl_inter": 5},
        "slope-infinite": {"pixdim": zooms, "scl_slope": np.inf, "scl_inter": 5},
        "wrong-bitpix": {"pixdim": zooms, "bitpix": 64},
    }
    for name, fields in headers.items():
        add(name, small, fields=fields)
    for name in ["no-forms", "qform", "qform-flipped", "both-forms"]:
        add(f"nifti2-{name}", small, version=2, fields=headers[name])
    add("one-axis", small.ravel(order="F"), fields={"pixdim": zooms})
    add("two-axes", small.reshape(6, 4, order="F"), fields={"pixdim": zooms})
    add("singleton-axes", small.reshape(1, 6, 4, order="F"), fields={"pixdim": zooms})
    add("one-of-four", small[..., None], fields={"pixdim": zooms})
    add("one-of-five", small[..., None, None], fields={"pixdim": zooms})
    add("several-members", small, gzip_members=5, fields={"pixdim": zooms})
    table = (
        b'<?xml version="1.0" encoding="UTF-8"?> <CaretExtension><VolumeInformation Index="0"><LabelTable>\n'
        b'<Label Key="1" Red="0.0" Alpha="1"><![CDATA[spleen]]></Label>\n'
        b'<Label Key="5" Red="0.0" Alpha="1"><![CDATA[liver]]></Label><Label Key=\'7\'>left &amp; right</Label>'
        b"</LabelTable></VolumeInformation></CaretExtension>"
    )
    for endian in "<>":
        name = "extensions-" + ("le" if endian == "<" else "be")
        add(name, small, endian=endian, fields={"pixdim": zooms}, extensions=[(6, b"a comment"), (30, table)])
    save_json("reading.json", cases)


def series():
    """Files of several volumes along the fourth axis, and each volume as nibabel's slicer cuts it out."""
    rng = np.random.default_rng(20256)
    folder = GOLDENS / "series"
    folder.mkdir(parents=True)
    cases = []

    def add(name, array, *, gzip_members=0, **options):
        content = nifti_bytes(array, **options)
        image_class = nib.Nifti1Image if options.get("version", 1) == 1 else nib.Nifti2Image
        image = image_class.from_bytes(content)
        file = f"{name}.nii{'.gz' if gzip_members else ''}"
        (folder / file).write_bytes(gz(content, gzip_members) if gzip_members else content)
        along = next((axis for axis in range(3, array.ndim) if array.shape[axis] > 1), 3)
        volumes = []
        for index in range(array.shape[along]):
            one = tuple(slice(index, index + 1) if axis == along else slice(None) for axis in range(array.ndim))
            volume = image.slicer[one]
            volumes.append(plain(np.asarray(volume.dataobj, dtype=np.float64).astype(np.float32)))
        cases.append({
            "file": file,
            "shape": list(array.shape),
            "affine": plain(image.affine.T),
            "volumes": volumes,
        })

    placed = {"sform_code": 1, "srow_x": [-0.7, 0, 0, 90.5], "srow_y": [0, -0.7, 0, 120.25], "srow_z": [0, 0, 2.5, -300]}
    placed |= {"pixdim": [1, 0.7, 0.7, 2.5, 1, 0, 0, 0]}
    turn = {"pixdim": [-1, 1.5, 2.5, 3.5, 2, 0, 0, 0], "qform_code": 1, "qoffset_x": -10.5, "qoffset_z": 3}
    turn |= dict(zip(["quatern_b", "quatern_c", "quatern_d"], np.array([0.1, -0.3, 0.5], np.float32)))
    draws = rng.random((3, 4, 5, 6)).astype(np.float32)
    stored = rng.integers(-1200, 3000, (3, 4, 5, 6), dtype=np.int16)
    scaled = {"scl_slope": np.float32(0.1), "scl_inter": np.float32(-7.3)}
    add("draws", draws, fields=placed)
    add("draws-gzip", draws, fields=placed, gzip_members=1)
    add("draws-several-members", draws, fields=placed, gzip_members=7)
    add("int16-be-scaled", stored, endian=">", fields={**placed, **scaled}, gzip_members=1)
    add("qform", stored, fields=turn)
    add("no-forms", stored, fields={"pixdim": turn["pixdim"]})
    add("nifti2-scaled", stored, version=2, fields={**placed, "scl_slope": 0.1, "scl_inter": -7.3}, gzip_members=1)
    add("fifth-axis", draws[:, :, :, None, :], fields=placed)
    add("one-slice", draws[:, :, :1], fields=placed)
    add("one-volume", draws[..., :1], fields=placed)
    save_json("series.json", cases)


def orientation():
    """Affines of every kind and the axes nibabel finds closest."""
    rng = np.random.default_rng(20251)
    affines = []
    for order in itertools.permutations(range(3)):
        for signs in itertools.product([1, -1], repeat=3):
            affine = np.eye(4)
            affine[:3, :3] = np.eye(3)[:, order] * signs * rng.uniform(0.5, 5, 3)
            affine[:3, 3] = rng.uniform(-200, 200, 3)
            affines.append(affine)
    for _ in range(150):
        affine = np.eye(4)
        rotation, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        shear = np.eye(3) + np.triu(rng.uniform(-0.4, 0.4, (3, 3)), 1) * rng.integers(0, 2)
        affine[:3, :3] = rotation @ shear @ np.diag(rng.uniform(0.5, 5, 3))
        affine[:3, 3] = rng.uniform(-200, 200, 3)
        affines.append(affine)
    cases = []
    for affine in affines:
        # On a binary grid every product below is exact, whatever the CPU: the last bits of qr are not.
        affine = np.round(affine * 1024) / 1024
        closest = io_orientation(affine)
        shape = rng.integers(1, 5, 3)
        array = np.arange(shape.prod(), dtype=np.float32).reshape(shape, order="F")
        image = nib.as_closest_canonical(nib.Nifti1Image(array, affine))
        cases.append({
            "affine": plain(affine.T),
            "axes": [int(v) for v in closest[:, 0]],
            "signs": [int(v) for v in closest[:, 1]],
            "shape": [int(v) for v in shape],
            "canonicalAffine": plain(image.affine.T),
            "canonicalShape": list(image.shape),
            "canonicalOrder": plain(np.asarray(image.dataobj).astype(int)),
        })
    save_json("orientation.json", cases)


def windowing():
    """Intensities windowed in f64 and rounded once to f32."""
    rng = np.random.default_rng(20252)
    values = np.concatenate([rng.uniform(-1100, 1500, 300), [-175, 250, -175.00002, 250.00002, 0, np.inf, -np.inf]])
    values = values.astype(np.float32)
    cases = []
    for lo, hi in [(-175, 250), (-1000, 1000), (0, 0.3)]:
        expected = np.clip((values.astype(np.float64) - lo) / (hi - lo), 0, 1).astype(np.float32)
        cases.append({"window": [lo, hi], "values": [str(v) for v in values], "expected": plain(expected)})
    save_json("windowing.json", cases)


def shape_and_offset(shape, affine, target):
    """Shape and first voxel of the target grid, as MONAI's `Spacing` computes them for grids with the same axes."""
    ranges = [(0.0, n - 1.0) for n in shape]
    corners = np.array(list(itertools.product(*ranges, [1.0]))).T
    inside = np.linalg.solve(target, affine @ corners)[:3]
    new_shape = np.round(np.ptp(inside, axis=1) + 1).astype(int)
    return new_shape, (affine @ corners)[:3, 0]


def resampling():
    """Volumes on other grids: trilinear and nearest by scipy, through the affines, borders held."""
    rng = np.random.default_rng(20253)
    cases = []

    def add(name, shape, affine, spacing, oblique=False):
        image = (rng.standard_normal(shape) * 300).astype(np.float32)
        labels = rng.integers(0, 12, shape).astype(np.uint16)
        old = np.sqrt((affine[:3, :3] ** 2).sum(0))
        target = affine.copy()
        if oblique:
            target = np.diag([*spacing, 1.0])
            corners = np.array(list(itertools.product(*[(0.0, n - 1.0) for n in shape], [1.0]))).T
            world = (affine @ corners)[:3]
            new_shape = np.round(np.ptp(world, axis=1) / spacing + 1).astype(int)
            target[:3, 3] = world.min(axis=1)
        else:
            target[:3, :3] = affine[:3, :3] / old * spacing
            new_shape, target[:3, 3] = shape_and_offset(shape, affine, target)
        places = np.linalg.solve(affine, target)
        # To 1e-12, so that a place half way between two voxels is half way.
        places = np.round(places * 1e12) / 1e12
        grid = np.indices(new_shape).reshape(3, -1)
        where = places[:3, :3] @ grid + places[:3, 3:]
        linear = ndimage.map_coordinates(image.astype(np.float64), where, order=1, mode="nearest")
        nearest = ndimage.map_coordinates(labels, where, order=0, mode="nearest")
        reach = np.maximum(1, np.abs(places[:3, :3]).sum(axis=1)) / 2
        last = np.array(shape) - 1.0
        covered = ((where >= -reach[:, None] - 1e-9) & (where <= (last + reach)[:, None] + 1e-9)).all(axis=0)
        cases.append({
            "name": name,
            "shape": list(shape),
            "affine": plain(affine.T),
            "spacing": list(spacing),
            "newShape": [int(n) for n in new_shape],
            "newAffine": plain(target.T),
            "image": plain(image),
            "labels": plain(labels),
            "covered": plain(covered.reshape(new_shape).astype(int)),
            "linear": plain(linear.reshape(new_shape).astype(np.float32)),
            "nearest": plain(nearest.reshape(new_shape)),
        })

    def diagonal(*entries):
        affine = np.diag([*entries, 1.0])
        affine[:3, 3] = [-80.5, -101.25, 33]
        return affine

    add("finer, halves", (6, 5, 4), diagonal(3, 3, 3), (1.5, 1.5, 1.5))
    add("coarser, halves", (9, 10, 12), diagonal(1, 1, 1), (2, 2, 2))
    add("coarser, ties in the shape", (4, 6, 8), diagonal(3, 3, 3), (2, 6, 6))
    add("unequal", (8, 9, 7), diagonal(0.8, 0.8, 5), (1.5, 1.5, 3))
    add("to and fro", (7, 8, 6), diagonal(-0.7, 0.9, -2.5), (0.6, 1.1, 1))
    add("the same", (5, 4, 3), diagonal(1.5, 1.5, 3), (1.5, 1.5, 3))
    add("single slice", (6, 7, 1), diagonal(1, 1, 5), (0.7, 1.3, 2))
    turned = diagonal(1, 1, 1)
    angle = 0.3
    rotation = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [0, np.cos(0.2), -np.sin(0.2)], [0, np.sin(0.2), np.cos(0.2)]])
    turned[:3, :3] = rotation @ tilt @ np.diag([1.1, 0.9, 2.3])
    add("oblique", (8, 7, 5), turned, (1.2, 1.3, 1.9), oblique=True)
    save_json("resampling.json", cases)


def slices():
    """Windows of slices by brute force, offsets within them, and centred crops and pads."""
    rng = np.random.default_rng(20254)
    windows = []
    for n in [10, 67, 68, 69, 90, 140] * 6:
        kind = len(windows) % 4
        counts = rng.integers(0, 12000, n)
        if kind == 1:
            counts = rng.integers(3990, 4011, n)
        if kind == 2:
            counts[rng.random(n) < 0.6] = 0
        if kind == 3:
            counts[:] = 0
            counts[n // 3 : n // 3 + int(rng.integers(1, 40))] = 5000
        counted = np.where(counts >= 4000, counts, 0)
        starts = list(range(10, n - 10 - 48 + 1))
        sums = [int(counted[s : s + 48].sum()) for s in starts]
        found = {"state": "left-out", "reason": "short"}
        if starts and counts.any():
            start = starts[int(np.argmax(sums))]
            counting = int((counted[start : start + 48] > 0).sum())
            found = {"state": "left-out", "reason": "sparse"}
            if counting >= 24:
                found = {"state": "chosen", "start": start, "labelled": max(sums), "counting": counting}
        windows.append({"counts": plain(counts), "expected": found})
    offsets = [
        {"length": n, "count": k, "expected": plain(np.floor(np.linspace(0, n - 1, k)).astype(int))}
        for n, k in [(48, 4), (48, 1), (48, 48), (48, 7), (30, 5), (2, 2), (5, 3)]
    ]
    centred = []
    for shape in [(5, 6), (6, 5), (4, 9), (9, 4), (3, 3)]:
        array = np.arange(1, shape[0] * shape[1] + 1).reshape(shape)
        for target in [(4, 4), (5, 5), (7, 6), (3, 8)]:
            out = array
            for axis, size in enumerate(target):
                n = out.shape[axis]
                if size <= n:
                    start = n // 2 - size // 2
                    out = np.take(out, range(start, start + size), axis=axis)
                else:
                    before = (size - n) // 2
                    pad = [(0, 0), (0, 0)]
                    pad[axis] = (before, size - n - before)
                    out = np.pad(out, pad)
            centred.append({"shape": list(shape), "target": list(target), "expected": out.ravel().tolist()})
    save_json("slices.json", {"windows": windows, "offsets": offsets, "centred": centred})


def measures():
    """Dice by label; PSNR and SSIM in two dimensions with a Gaussian window, as scikit-image defines them."""
    rng = np.random.default_rng(20255)
    shape = (17, 14, 3)
    first = ndimage.gaussian_filter(rng.random(shape), (2, 2, 0)).astype(np.float32)
    second = np.clip(first + 0.05 * rng.standard_normal(shape), 0, 1).astype(np.float32)
    x, y = first.astype(np.float64), second.astype(np.float64)
    c1, c2 = 0.01**2, 0.03**2
    per_slice = []
    for z in range(shape[2]):
        smooth = lambda a: ndimage.gaussian_filter(a, 1.5, truncate=3.5, mode="reflect")  # noqa: E731
        a, b = x[..., z], y[..., z]
        ma, mb = smooth(a), smooth(b)
        va, vb, vab = smooth(a * a) - ma * ma, smooth(b * b) - mb * mb, smooth(a * b) - ma * mb
        similarity = ((2 * ma * mb + c1) * (2 * vab + c2)) / ((ma**2 + mb**2 + c1) * (va + vb + c2))
        per_slice.append(similarity[5:-5, 5:-5].mean())
    labels = rng.integers(0, 4, shape) * rng.integers(0, 2, shape)
    other = np.where(rng.random(shape) < 0.3, rng.integers(0, 6, shape), labels)
    dice = {
        int(k): 2 * int(((labels == k) & (other == k)).sum()) / (int((labels == k).sum()) + int((other == k).sum()))
        for k in np.union1d(labels, other)
        if k
    }
    save_json("measures.json", {
        "shape": list(shape),
        "first": plain(first),
        "second": plain(second),
        "psnr": 10 * np.log10(1 / ((x - y) ** 2).mean()),
        "ssim": float(np.mean(per_slice)),
        "labels": plain(labels),
        "otherLabels": plain(other),
        "dice": dice,
    })


if __name__ == "__main__":
    shutil.rmtree(GOLDENS, ignore_errors=True)
    GOLDENS.mkdir(parents=True)
    reading()
    series()
    orientation()
    windowing()
    resampling()
    slices()
    measures()
