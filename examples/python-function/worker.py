"""A plain Python function as the worker of a study, in the style of scikit-learn, without any library: nearest
neighbours on handwritten digits. What it returns is what the study remembers.

    frugal run examples/python-function/study.yaml        (from the root of a checkout, after scripts/setup)
"""

import csv
import gzip

import frugal

with gzip.open("data/digits.csv.gz", "rt") as file:
    digits = [(tuple(map(float, row[:64])), row[64]) for row in csv.reader(file)]
known, unknown = digits[:600], digits[600:800]


def predict(image, neighbours, power):
    def distance(other):
        return sum(abs(a - b) ** power for a, b in zip(image, other[0]))

    nearest = sorted(known, key=distance)[:neighbours]
    votes = [label for _, label in nearest]
    return max(votes, key=votes.count)


def train(point, seed):
    right = sum(predict(image, point["neighbours"], point["power"]) == label for image, label in unknown)
    return {"accuracy": right / len(unknown)}


frugal.serve_function(train, metric="accuracy")
