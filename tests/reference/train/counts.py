"""Parameters and multiply-adds of the trainer's models, from definitions in PyTorch that know nothing of it.

Writes counts.csv beside itself: model,channels,height,width,classes,parameters,multiply_adds. Multiply-adds are those
of one record's forward pass (siamese: of two images) in convolutions and matrices, counted by hooks.
  python3 counts.py        (any Python with torch; Debian: python3-torch)
"""
import os

import torch
from torch import nn


def norm_conv(i, o, k=3, s=1, g=1, act=None):
    layers = [nn.Conv2d(i, o, k, s, k // 2, groups=g, bias=False), nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([act] if act else []))


class Block(nn.Module):
    def __init__(self, i, o, stride, wide):
        super().__init__()
        inner = o // 4 if wide else o
        self.main = nn.Sequential(norm_conv(i, inner, 1), norm_conv(inner, inner, 3, stride), norm_conv(inner, o, 1)) \
            if wide else nn.Sequential(norm_conv(i, o, 3, stride), norm_conv(o, o))
        self.side = norm_conv(i, o, 1, stride) if i != o or stride != 1 else nn.Identity()

    def forward(self, x):
        return self.main(x) + self.side(x)


def resnet(c, classes, stem, depth, wide=False):
    layers, i = [norm_conv(c, stem)], stem
    for stage, blocks in enumerate(depth):
        for block in range(blocks):
            o = (stem << stage) * (4 if wide else 1)
            layers.append(Block(i, o, 2 if stage and not block else 1, wide))
            i = o
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(i, classes))


def vgg16(c, classes):
    layers, i = [], c
    for o in (64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"):
        layers.append(nn.MaxPool2d(2) if o == "M" else norm_conv(i, o))
        i = i if o == "M" else o
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, classes))


class Inverted(nn.Module):
    def __init__(self, i, o, stride, widen):
        super().__init__()
        inner = i * widen
        self.main = nn.Sequential(*([norm_conv(i, inner, 1)] if widen > 1 else []),
                                  norm_conv(inner, inner, 3, stride, inner), norm_conv(inner, o, 1))

    def forward(self, x):
        return self.main(x)


def mobilenetv2(c, classes):
    layers, i = [norm_conv(c, 32)], 32
    for t, o, n, s in ((1, 16, 1, 1), (6, 24, 2, 1), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2),
                       (6, 320, 1, 1)):
        for block in range(n):
            layers.append(Inverted(i, o, s if block == 0 else 1, t))
            i = o
    return nn.Sequential(*layers, norm_conv(i, 1280, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1280, classes))


def small_features(c):
    return nn.Sequential(norm_conv(c, 32), nn.MaxPool2d(2), norm_conv(32, 64), nn.MaxPool2d(2), norm_conv(64, 128),
                         nn.AdaptiveAvgPool2d(1), nn.Flatten())


class Siamese(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body, self.head = small_features(c), nn.Sequential(nn.Linear(128, 128), nn.Linear(128, 2))

    def forward(self, x):
        y = self.body(x)
        return self.head((y[::2] - y[1::2]).abs())


class Product(nn.Module):
    """A matrix product that hooks can count."""

    def forward(self, a, b):
        return a @ b


class EncoderLayer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.width, self.heads = width, heads
        self.into, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.scores, self.mixed = Product(), Product()
        self.feed = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width))
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])

    def forward(self, x):
        n, length, _ = x.shape
        q, k, v = self.into(x).view(n, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        y = self.mixed(self.scores(q, k.transpose(-1, -2)).softmax(-1), v)
        x = self.norms[0](x + self.out(y.transpose(1, 2).reshape(n, length, -1)))
        return self.norms[1](x + self.feed(x))


class VisionTransformer(nn.Module):
    def __init__(self, c, side, classes):
        super().__init__()
        patch = 2 if side < 16 else 4
        self.patches = nn.Conv2d(c, 192, patch, patch)
        self.places = nn.Parameter(torch.zeros((side // patch) ** 2, 192))
        self.layers = nn.Sequential(*[EncoderLayer(192, 3, 384) for _ in range(6)])
        self.norm, self.head = nn.LayerNorm(192), nn.Linear(192, classes)

    def forward(self, x):
        y = self.patches(x).flatten(2).transpose(1, 2) + self.places
        return self.head(self.norm(self.layers(y)).mean(1))


class LanguageModel(nn.Module):
    def __init__(self, words):
        super().__init__()
        self.embedding, self.head = nn.Embedding(words, 200), nn.Linear(200, words)
        self.layers = nn.Sequential(*[EncoderLayer(200, 2, 200) for _ in range(2)])

    def forward(self, x):
        return self.head(self.layers(self.embedding(x)))


class Forecaster(nn.Module):
    def __init__(self, columns, outputs):
        super().__init__()
        self.lstm, self.head = nn.LSTM(columns, 64, 2, batch_first=True), nn.Linear(64, outputs)

    def forward(self, x):
        return self.head(self.lstm(x.flatten(2).transpose(1, 2))[0][:, -1])


def lenet(c, side, classes):
    padding, last = (2, (side // 2 - 4) // 2) if side < 32 else (0, ((side - 4) // 2 - 4) // 2)
    return nn.Sequential(nn.Conv2d(c, 6, 5, padding=padding), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2),
                         nn.Flatten(), nn.Linear(16 * last ** 2, 120), nn.Linear(120, 84), nn.Linear(84, classes))


def mnist_cnn(c, side, classes):
    return nn.Sequential(nn.Conv2d(c, 32, 3), nn.Conv2d(32, 64, 3), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Linear(64 * ((side - 4) // 2) ** 2, 128), nn.Linear(128, classes))


def multiply_adds(model, record):
    counted = [0]

    def hook(module, inputs, output):
        if isinstance(module, nn.Conv2d):
            counted[0] += output.numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            counted[0] += inputs[0].numel() * module.out_features
        elif isinstance(module, Product):
            counted[0] += inputs[0].numel() * inputs[1].shape[-1]
        elif isinstance(module, nn.LSTM):
            weights = sum(p.numel() for p in module.parameters() if p.dim() == 2)
            counted[0] += inputs[0].shape[1] * weights

    for module in model.modules():
        module.register_forward_hook(hook)
    with torch.no_grad():
        model.eval()(record)
    return counted[0]


def models():
    """Name, shape (channels, height, width, classes) and model; the text has its length for a width."""
    for shape in ((3, 32, 32, 10), (3, 32, 32, 100), (1, 28, 28, 10), (1, 8, 8, 10)):
        c, side, _, classes = shape
        yield "mlp", shape, nn.Sequential(nn.Flatten(), nn.Linear(c * side ** 2, 128), nn.Linear(128, 128),
                                          nn.Linear(128, classes))
        yield "small-cnn", shape, nn.Sequential(small_features(c), nn.Linear(128, classes))
        yield "siamese", shape, Siamese(c)
        yield "vit-small", shape, VisionTransformer(c, side, classes)
        yield "mnist-cnn", shape, mnist_cnn(c, side, classes)
        yield "resnet8", shape, resnet(c, classes, 16, (1, 1, 1))
        yield "resnet20", shape, resnet(c, classes, 16, (3, 3, 3))
        if side < 28:
            continue
        yield "lenet", shape, lenet(c, side, classes)
        yield "resnet18", shape, resnet(c, classes, 64, (2, 2, 2, 2))
        yield "resnet50", shape, resnet(c, classes, 64, (3, 4, 6, 3), True)
        yield "mobilenetv2", shape, mobilenetv2(c, classes)
        if side == 32:
            yield "vgg16", shape, vgg16(c, classes)
    yield "lstm", (7, 1, 24, 1), Forecaster(7, 1)
    yield "transformer-lm", (1, 1, 35, 1000), LanguageModel(1000)


def main():
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "counts.csv"), "w") as out:
        out.write("model,channels,height,width,classes,parameters,multiply_adds\n")
        for name, shape, model in models():
            records = 2 if name == "siamese" else 1
            record = torch.zeros(1, shape[2], dtype=torch.long) if name == "transformer-lm" \
                else torch.zeros(records, *shape[:3])
            parameters = sum(p.numel() for p in model.parameters())
            out.write("%s,%d,%d,%d,%d,%d,%d\n" % (name, *shape, parameters, multiply_adds(model, record)))


if __name__ == "__main__":
    main()
