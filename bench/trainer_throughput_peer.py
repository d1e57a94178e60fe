"""The peer of bench/trainer_throughput: the same models in eager PyTorch, as one would write them in Python.

The data lie in memory as one tensor that is shuffled once an epoch, where a batch is a slice, or are handed out by the
usual DataLoader. Reads a number of epochs a line, trains them and answers with the seconds they took.
"""
import gzip
import math
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


class Forecaster(nn.Module):
    """Two LSTM layers of 64, the last step to one number."""

    def __init__(self, columns):
        super().__init__()
        self.lstm, self.fc = nn.LSTM(columns, 64, 2, batch_first=True), nn.Linear(64, 1)

    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1]).squeeze(1)


class LanguageModel(nn.Module):
    """PyTorch's example word_language_model, the Transformer: two layers of width 200."""

    def __init__(self, words, width=200):
        super().__init__()
        self.width, self.embedding = width, nn.Embedding(words, width)
        layer = nn.TransformerEncoderLayer(width, 2, width, dropout=0.2, batch_first=True)
        self.encoder, self.fc = nn.TransformerEncoder(layer, 2), nn.Linear(width, words)
        place = torch.arange(35.0).unsqueeze(1)
        rate = torch.exp(torch.arange(0, width, 2) * (-math.log(10000.0) / width))
        places = torch.zeros(35, width)
        places[:, 0::2], places[:, 1::2] = torch.sin(place * rate), torch.cos(place * rate)
        self.register_buffer("places", places)
        self.register_buffer("mask", torch.full((35, 35), -math.inf).triu(1))
        self.dropout = nn.Dropout(0.2)

    def forward(self, x):
        y = self.dropout(self.embedding(x) * math.sqrt(self.width) + self.places)
        return self.fc(self.dropout(self.encoder(y, self.mask))).flatten(0, 1)


WORDS = 33278  # of WikiText-2


def make_model(name, shape):
    if name == "lstm":
        return Forecaster(shape[1])
    if name == "transformer-lm":
        return LanguageModel(WORDS)
    if name == "resnet8":
        return ResNet(shape[0], 16, (1, 1, 1), 10)
    if name == "resnet18":
        return ResNet(shape[0], 64, (2, 2, 2, 2), 10)
    pixels = shape[0] * shape[1] * shape[2]
    return nn.Sequential(nn.Flatten(), nn.Linear(pixels, 128), nn.ReLU(inplace=True), nn.Linear(128, 128),
                         nn.ReLU(inplace=True), nn.Linear(128, 10))


def read_records(dataset, folder, count):
    torch.manual_seed(1)
    if dataset == "household":
        return torch.randn(count, 24, 7), torch.randn(count)
    if dataset == "wikitext2":
        return torch.randint(0, WORDS, (count, 35)), torch.randint(0, WORDS, (count, 35))
    if dataset == "digits":
        with gzip.open(folder + "/digits.csv.gz", "rt") as file:
            rows = torch.tensor([[float(v) for v in line.split(",")] for line in file])[:count]
        x, y = rows[:, :64].reshape(-1, 1, 8, 8), rows[:, 64].long()
    else:
        with open(folder + "/cifar-10-batches-bin/data_batch_1.bin", "rb") as file:
            rows = torch.frombuffer(bytearray(file.read(3073 * count)), dtype=torch.uint8).view(-1, 3073)
        x, y = rows[:, 1:].float().reshape(-1, 3, 32, 32), rows[:, 0].long()
    return (x - x.mean((0, 2, 3), keepdim=True)) / x.std((0, 2, 3), keepdim=True), y


def slices(x, y, batch):
    order = torch.randperm(len(x)).to(x.device)
    x, y = x[order], y[order]
    for first in range(0, len(x), batch):
        yield x[first:first + batch], y[first:first + batch]


def train_epoch(model, optimizer, batches, count, device):
    total = torch.zeros((), device=device)
    for records, targets in batches:
        records, targets = records.to(device), targets.to(device)
        optimizer.zero_grad()
        answers = model(records)
        loss = F.cross_entropy(answers, targets.flatten()) if targets.dtype == torch.long else F.mse_loss(answers, targets)
        loss.backward()
        optimizer.step()
        total += loss.detach() * len(targets)
    return total.item() / count


def main():
    name, dataset, folder, batch, count, threads, device, way = sys.argv[1:9]
    torch.set_num_threads(int(threads))
    x, y = read_records(dataset, folder, int(count))
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), int(batch), shuffle=True)
    if way == "memory":
        x, y = x.to(device), y.to(device)
    model = make_model(name, x.shape[1:]).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    model.train()
    for line in sys.stdin:
        begin = time.perf_counter()
        for _ in range(int(line)):
            batches = slices(x, y, int(batch)) if way == "memory" else loader
            train_epoch(model, optimizer, batches, len(x), device)
        print(time.perf_counter() - begin, flush=True)


if __name__ == "__main__":
    main()
