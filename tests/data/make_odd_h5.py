# SPDX-License-Identifier: GPL-3.0-or-later
# Makes odd.h5 beside this file: what other writers do in HDF5 and Hdf5File's own writing never does.
# Run as: python3 make_odd_h5.py (needs h5py and NumPy).
import pathlib

import h5py
import numpy as np

here = pathlib.Path(__file__).parent
with h5py.File(here / "odd.h5", "w") as f:
    counting = np.arange(12).reshape(3, 4)
    f["big"] = counting.astype(">i2")
    f["half"] = (counting / 2).astype("f2")
    f["flags"] = counting % 3 == 0
    f["packed"] = h5py.Empty("f4")
    f.create_dataset("deflated", data=counting.astype("u4"), chunks=(2, 3), compression="gzip", shuffle=True)
    f["complex"] = counting.astype("c8")
    f["fixed"] = np.array([b"one", b"two "], "S5")
    f["variable"] = np.array(["eins", "µ"], h5py.string_dtype())
    f.create_dataset("elsewhere", (4,), "f4", external=[("elsewhere.raw", 0, 16)])
    f["outside"] = h5py.ExternalLink("elsewhere.h5", "/list")
    f["around"] = h5py.SoftLink("/outside/list")
    f["dangling"] = h5py.SoftLink("/nowhere")
    f["circle/again"] = h5py.SoftLink("/circle")
    f["circle"]["hard"] = f["circle"]
    f.attrs["flag"] = np.bool_(True)
    f.attrs["fixed"] = np.bytes_("nm")
    f.attrs["big"] = np.array([1.5, 2.5], ">f8")
    f.attrs["unsigned"] = np.uint64(2**64 - 1)
    f.attrs["reference"] = f["big"].ref
    f.attrs["empty"] = h5py.Empty("f4")
    f.attrs["opaque"] = np.void(b"\x80\x03")
