"""Plain functions as workers: one that yields, one that returns, one that yields a bare number."""

import random
import sys

import frugal


def yields(point, seed):
    for epoch in range(3):
        yield {"accuracy": 0.5 + 0.1 * epoch, "loss": random.random()}


def returns(point, seed):
    return {"accuracy": point["learning_rate"], "f1": 0.25}


def bare(point, seed):
    yield 0.125


frugal.serve_function({"yields": yields, "returns": returns, "bare": bare}[sys.argv[1]])
