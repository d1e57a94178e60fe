"""A worker of the standard library only: one weight that gradient descent pulls to 3 on noisy targets; the loss is the
mean squared error, so that every number can be worked out by hand. Arguments make it misbehave."""

import os
import random
import sys
import time

import frugal

SAMPLES, BATCH = 40, 4
DEED = sys.argv[1] if len(sys.argv) > 1 else ""


class Line(frugal.Worker):
    name = "a line"
    metric = "error"
    goal = "min"
    train_samples = SAMPLES

    def start(self, point, seed):
        print("a print that disturbs nothing\n{\"ok\":false}")
        if DEED == "missing":
            point["depth"]
        if DEED == "throw":
            raise ValueError("too deep")
        if DEED == "exit":
            sys.exit(3)
        if DEED == "memory":
            raise MemoryError()
        return {"weight": random.random(), "rate": point.get("learning_rate", 0.1), "targets": [3.0] * SAMPLES, "steps": 0}

    def batches(self, trial):
        order = list(range(SAMPLES))
        random.shuffle(order)
        return [order[i:i + BATCH] for i in range(0, SAMPLES, BATCH)]

    def step(self, trial, batch):
        if DEED == "hang":
            time.sleep(600)
        if DEED == "die":
            print("the last words")
            sys.stdout.flush()
            os._exit(9)
        if DEED in ("garbage", "half", "flood"):
            answers = int(os.environ["FRUGAL_FDS"].split(",")[1])
            os.write(answers, {"garbage": b"Epoch 1: \xff\x00 loss nan\n", "half": b'{"ok":tr', "flood": b"x" * 65536}[DEED])
            while DEED == "flood":
                os.write(answers, b"x" * 65536)
            if DEED == "half":
                os._exit(0)
        if DEED == "unlucky" and trial["rate"] < 0.1:
            raise RuntimeError("no such luck")
        error = trial["weight"] - 3.0 + 0.01 * random.gauss(0, 1)
        trial["weight"] -= trial["rate"] * 2 * error
        trial["steps"] += 1
        return error * error, len(batch)

    def set(self, trial, values):
        if set(values) != {"learning_rate"}:
            super().set(trial, values)
        trial["rate"] = values["learning_rate"]

    def evaluate(self, trial):
        if DEED == "other":
            return {"accuracy": 0.5}
        return {"error": abs(trial["weight"] - 3.0), "steps": trial["steps"], "weight": trial["weight"]}

    def snapshot(self, trial):
        return dict(trial)

    def restore(self, trial, snapshot):
        trial.update(snapshot)


Line().run()
