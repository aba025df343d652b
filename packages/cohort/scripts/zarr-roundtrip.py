"""Reads a prepared cohort with zarr-python and writes it again, so that both directions can be compared.

    python zarr-roundtrip.py COHORT.zarr COPY.zarr

Needs zarr and numpy as pinned in requirements.txt. COPY has zarr-python's own default codecs (zstd) and no checksums;
COPY.sharded holds the same in shards of two scans, COPY.blosc in chunks that Blosc compressed, each with a CRC-32C behind it.
Prints one JSON object: shape, dtype, fill value, sum and CRC-32 of every array, as zarr-python sees them in COHORT.
"""

import json
import sys
import zlib

import numpy as np
import zarr


def main(source: str, copy: str) -> None:
    group = zarr.open_group(source, mode="r", zarr_format=3)
    attributes = {k: v for k, v in group.attrs.asdict().items() if k not in ("checksums", "mended")}
    kinds = {
        "": {},
        ".sharded": {"shards": 2},
        ".blosc": {"compressors": (zarr.codecs.BloscCodec(cname="zstd", shuffle="bitshuffle"), zarr.codecs.Crc32cCodec())},
    }
    outs = {kind: zarr.create_group(copy + kind, zarr_format=3, attributes=attributes) for kind in kinds}
    seen = {}
    for name in sorted(group.array_keys()):
        array = group[name]
        data = array[:]
        seen[name] = {
            "shape": list(array.shape),
            "dtype": str(array.dtype),
            "fill": str(array.fill_value),
            "sum": float(np.sum(data, dtype=np.float64)),
            "crc32": zlib.crc32(np.ascontiguousarray(data).tobytes()),
        }
        for kind, how in kinds.items():
            more = dict(how)
            if "shards" in more:
                more["shards"] = (more["shards"], *array.shape[1:])
            written = outs[kind].create_array(
                name,
                shape=array.shape,
                dtype=array.dtype,
                chunks=(1, *array.shape[1:]),
                fill_value=array.fill_value,
                config={"write_empty_chunks": True},
                **more,
            )
            written[:] = data
    print(json.dumps({"zarr": zarr.__version__, "attributes": attributes, "arrays": seen}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
