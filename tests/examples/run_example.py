"""Runs an example's study and looks at its answer; the one in C++ is first built on the library as it is installed.

What gradient descent on the examples' straight line comes to is worked out here once more.
"""

import json
import os
import subprocess
import sys
import tempfile

SOURCE, BUILD = os.environ["FRUGAL_SOURCE"], os.environ["FRUGAL_BUILD"]


def must(*words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def losses(rate, epochs):
    slope = offset = 0.0
    for _ in range(epochs):
        loss = 0.0
        for i in range(10):
            x = i / 10
            error = slope * x + offset - (3 * x + 1)
            loss += error * error / 10
            slope -= rate * error * x
            offset -= rate * error
        yield loss


def build_cpp(folder):
    prefix, build = os.path.join(folder, "prefix"), os.path.join(folder, "build")
    must(os.environ["CMAKE"], "--install", BUILD, "--prefix", prefix, "--component", "library")
    must(os.environ["CMAKE"], "-S", os.path.join(SOURCE, "examples", "cpp"), "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    must(os.environ["CMAKE"], "--build", build)
    return ["--set", f"workload.worker={build}/line_worker"]


def main(example):
    with tempfile.TemporaryDirectory(prefix="frugal-example-") as folder:
        changes = build_cpp(folder) if example == "cpp" else []
        out = must(os.environ["FRUGAL_COMMAND"], "run", f"examples/{example}/study.yaml", "--store", os.path.join(folder, "s.db"),
                   "--format", "json", "--quiet", "--set", "energy.devices=sim:power=100W", *changes, cwd=SOURCE)
        result = json.loads(out)
    best = {}
    for rate in (10 ** (-3 + 3 * i / 5) for i in range(6)):
        best[rate] = min(losses(rate, 20))
    rate = min(best, key=best.get)
    winner = result["winner"]
    assert result["trials"] == 6, result
    assert abs(winner["point"]["learning_rate"] / rate - 1) < 1e-9, winner
    assert abs(winner["metric"]["value"] - best[rate]) <= 1e-5 * best[rate] + 1e-12, (winner, best[rate])
    assert result["energy"]["by_phase"]["train_j"] > 0, result


main(sys.argv[1])
