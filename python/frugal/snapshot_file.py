"""A pickled value in a file that is whole or refused: written beside its place and renamed, sealed by a SHA-256.

Files are read as pickles, which run code: only files that this worker has written below the study's own folder.
"""

import hashlib
import os
import pickle

_MAGIC = b"FRUGALPY1\n"
_DIGEST = hashlib.sha256().digest_size


class _Hashing:
    def __init__(self, file):
        self._file = file
        self.hash = hashlib.sha256()

    def write(self, piece):
        self.hash.update(piece)
        return self._file.write(piece)


def write(value, path):
    part = path + ".part"
    with open(part, "wb") as file:
        out = _Hashing(file)
        out.write(_MAGIC)
        pickle.dump(value, out, protocol=4)
        file.write(out.hash.digest())
        file.flush()
        os.fsync(file.fileno())
    os.replace(part, path)


def read(path):
    """Raises ValueError for a file that is no snapshot or is damaged, OSError for one that cannot be read."""
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size - _DIGEST
        if size < len(_MAGIC) or file.read(len(_MAGIC)) != _MAGIC:
            raise ValueError(f"'{path}' is no snapshot of a Python worker")
        seal = hashlib.sha256(_MAGIC)
        left = size - len(_MAGIC)
        while left > 0:
            piece = file.read(min(left, 1 << 20))
            if not piece:
                break
            seal.update(piece)
            left -= len(piece)
        if seal.digest() != file.read(_DIGEST):
            raise ValueError(f"'{path}' is damaged: its seal does not fit")
        file.seek(len(_MAGIC))
        return pickle.load(file)
