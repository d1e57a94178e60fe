"""Fixed inputs that the scripts beside this one share, and how they write."""
import json
import pathlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent


def write(name, values):
    def plain(value):
        if isinstance(value, dict):
            return {str(k): plain(v) for k, v in value.items()}
        if isinstance(value, (list, tuple, np.ndarray)):
            return [plain(v) for v in value]
        if isinstance(value, (np.floating, float)):
            return float(value)
        if isinstance(value, (np.bool_,)):
            return bool(value)
        if isinstance(value, (np.integer,)):
            return int(value)
        return value

    text = "[\n" + ",\n".join(json.dumps(plain(v)) for v in values) + "\n]\n"
    (FOLDER / f"{name}.json").write_text(text)


def groups():
    """Named pairs of groups (x, y), of unequal sizes, with and without ties."""
    rng = np.random.default_rng(20240501)
    draw = lambda n, mean, sd, digits: np.round(rng.normal(mean, sd, n), digits)
    return {
        "tiny": ([3.1, 4.7], [5.2, 6.9, 7.7]),
        "five against five": (draw(5, 100, 5, 6), draw(5, 108, 5, 6)),
        "separated": ([1.0, 2.0, 3.0, 4.0, 5.0], [6.0, 7.0, 8.0, 9.0, 10.0]),
        "five with ties": ([0.91, 0.92, 0.92, 0.93, 0.9], [0.92, 0.94, 0.93, 0.93, 0.95]),
        "one is constant": ([2.0, 2.0, 2.0, 2.0], [1.0, 2.0, 3.0, 5.0, 4.0]),
        "eight against forty": (draw(8, 0, 1, 9), draw(40, 0.4, 2, 9)),
        "thirty with ties": (draw(30, 10, 2, 0), draw(27, 11, 2, 0)),
        "large offset": (1e7 + draw(20, 0, 1, 3), 1e7 + draw(25, 0.8, 1.5, 3)),
        "tail": (draw(60, 0, 1, 9), draw(50, 6, 1, 9)),
    }


def pairs():
    """Named columns of equal length."""
    rng = np.random.default_rng(20240502)
    normal = rng.normal(size=(2, 40))
    some = {
        "three": ([1.0, 2.0, 4.0], [2.5, 1.5, 9.0]),
        "five": ([2.1, 3.4, 1.9, 8.8, 5.0], [3.0, 2.2, 1.1, 7.5, 6.1]),
        "perfect order": ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 4.0, 9.0, 16.0, 25.0, 37.0]),
        "eight with ties": ([1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 4.0, 6.0], [2.0, 2.0, 1.0, 5.0, 3.0, 3.0, 6.0, 7.0]),
        "with equal pairs": ([5.0, 7.0, 3.0, 9.0, 6.0, 8.0, 4.0], [5.0, 6.0, 4.0, 7.5, 6.0, 6.5, 4.0]),
        "forty": (np.round(normal[0], 9), np.round(0.6 * normal[0] + normal[1], 9)),
        "forty with ties": (np.round(2 * normal[0]), np.round(normal[0] + normal[1])),
        "strong": (np.round(normal[0], 9), np.round(normal[0] + 0.02 * normal[1], 9)),
        "large offset": (1e6 + np.round(normal[0], 4), 5e6 - np.round(normal[0] + normal[1], 4)),
        "hundred": (np.round(rng.normal(size=100), 2), np.round(rng.normal(size=100), 2)),
    }
    return {name: (np.array(x, float), np.array(y, float)) for name, (x, y) in some.items()}
