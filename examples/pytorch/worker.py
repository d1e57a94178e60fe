"""An ordinary PyTorch training as the worker of a study: a small convolutional network on handwritten digits.

    frugal run examples/pytorch/study.yaml        (from the root of a checkout, after scripts/setup)
"""

import frugal
import numpy
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)  # tasks this small only lose by more
table = torch.from_numpy(numpy.loadtxt("data/digits.csv.gz", delimiter=",", dtype="float32"))
images, labels = table[:, :64].reshape(-1, 1, 8, 8) / 16, table[:, 64].long()
train_set = TensorDataset(images[:1400], labels[:1400])
held_out = images[1400:], labels[1400:]


def build(point):
    model = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                          nn.Dropout(0.1), nn.Linear(16 * 16, 10))
    rate = point.get("learning_rate", 0.1)  # sm2 chooses it later
    return model, torch.optim.SGD(model.parameters(), lr=rate, momentum=point["momentum"])


def train_loader(batch_size):
    return DataLoader(train_set, batch_size=batch_size, shuffle=True)


def evaluate(model):
    device = next(model.parameters()).device
    return (model(held_out[0].to(device)).argmax(1) == held_out[1].to(device)).float().mean()


frugal.TorchWorker(build=build, train_loader=train_loader, loss=nn.functional.cross_entropy, evaluate=evaluate,
                   metric="accuracy", train_samples=len(train_set)).run()
