"""The peer of bench/trainer_throughput: the same models in eager PyTorch, as one would write them in Python.

The data lie in memory as one tensor that is shuffled once an epoch; a batch is a slice. Reads a number of epochs
a line, trains them and answers with the seconds they took.
"""
import gzip
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


def conv(inputs, outputs, kernel, stride):
    return nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3, 1), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        return F.relu(self.bn2(self.conv2(y)) + self.shortcut(x), inplace=True)


class ResNet(nn.Module):
    def __init__(self, channels, stem, blocks, classes):
        super().__init__()
        self.conv, self.bn = conv(channels, stem, 3, 1), nn.BatchNorm2d(stem)
        layers, width = [], stem
        for stage, count in enumerate(blocks):
            for block in range(count):
                layers.append(Block(width, stem << stage, 2 if stage > 0 and block == 0 else 1))
                width = stem << stage
        self.layers, self.fc = nn.Sequential(*layers), nn.Linear(width, classes)

    def forward(self, x):
        x = self.layers(F.relu(self.bn(self.conv(x)), inplace=True))
        return self.fc(F.adaptive_avg_pool2d(x, 1).flatten(1))


def make_model(name, shape):
    if name == "resnet8":
        return ResNet(shape[0], 16, (1, 1, 1), 10)
    if name == "resnet18":
        return ResNet(shape[0], 64, (2, 2, 2, 2), 10)
    pixels = shape[0] * shape[1] * shape[2]
    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, 128), nn.ReLU(inplace=True), nn.Linear(128, 128),
                         nn.ReLU(inplace=True), nn.Linear(128, 10))


def read_images(dataset, folder, count):
    if dataset == "digits":
        with gzip.open(folder + "/digits.csv.gz", "rt") as file:
            rows = torch.tensor([[float(v) for v in line.split(",")] for line in file])[:count]
        x, y = rows[:, :64].reshape(-1, 1, 8, 8), rows[:, 64].long()
    else:
        with open(folder + "/cifar-10-batches-bin/data_batch_1.bin", "rb") as file:
            rows = torch.frombuffer(bytearray(file.read(3073 * count)), dtype=torch.uint8).view(-1, 3073)
        x, y = rows[:, 1:].float().reshape(-1, 3, 32, 32), rows[:, 0].long()
    return (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True), y


def train_epoch(model, optimizer, x, y, batch):
    order = torch.randperm(len(x)).to(x.device)
    x, y = x[order], y[order]
    total = torch.zeros((), device=x.device)
    for first in range(0, len(x), batch):
        images, labels = x[first:first + batch], y[first:first + batch]
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(labels)
    return total.item() / len(x)


def main():
    name, dataset, folder, batch, count, threads, device = sys.argv[1:8]
    torch.set_num_threads(int(threads))
    x, y = (t.to(device) for t in read_images(dataset, folder, int(count)))
    model = make_model(name, x.shape[1:]).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model.train()
    for line in sys.stdin:
        begin = time.perf_counter()
        for _ in range(int(line)):
            train_epoch(model, optimizer, x, y, int(batch))
        print(time.perf_counter() - begin, flush=True)


if __name__ == "__main__":
    main()
