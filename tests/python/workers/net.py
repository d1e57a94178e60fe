"""A PyTorch worker with all that can go astray in a look ahead: batch statistics, dropout, an optimiser with state, a
schedule, a loader with a generator of its own, a buffer that state_dict leaves out. --dump writes the whole state of a
trial where it is asked to save."""

import random
import sys

import frugal
import numpy
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)
DEED = sys.argv[1] if len(sys.argv) > 1 else ""
made = torch.Generator().manual_seed(3)
inputs = torch.randn(96, 6, generator=made)
targets = (inputs.sum(1) > 0).long()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
        self.register_buffer("calls", torch.zeros(()), persistent=False)

    def forward(self, x):
        if self.training:
            self.calls += 1
        return self.layers(x) + 1e-3 * random.random() + 1e-3 * numpy.random.random()


def build(point):
    net = Net()
    groups = [{"params": net.layers[0].parameters()}, {"params": list(net.layers[1].parameters()) + list(net.layers[4].parameters()), "lr": 0.002}]
    optimizer = torch.optim.Adam(groups, lr=point.get("learning_rate", 0.01))
    return net, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)


def train_loader(batch_size):
    if DEED == "memory":
        torch.empty(2**46)
    own = torch.Generator().manual_seed(11)
    return DataLoader(TensorDataset(inputs, targets), batch_size=batch_size, shuffle=True, generator=own)


def evaluate(net):
    assert not net.training and not torch.is_grad_enabled()
    return {"accuracy": (net(inputs).argmax(1) == targets).float().mean(), "calls": net.calls}


class Told(frugal.TorchWorker):
    """Adds the request `state`: everything that a look ahead must not change."""

    def _answer(self, request):
        if request.get("op") != "state":
            return super()._answer(request)
        trial = self._trials[request["trial"]]
        held = trial.state
        flat = {"training": held.model.state_dict(), "optimizer": held.optimizer.state_dict(), "buffers": dict(held.model.named_buffers()),
                "scheduler": held.scheduler.state_dict(), "loader": held.loader.generator.get_state(), "random": trial.random,
                "point": dict(trial.point), "epoch": trial.epoch}
        return {"state": written(flat), "rates": [group["lr"] for group in held.optimizer.param_groups]}


def written(value):
    """Bit by bit, as text."""
    if isinstance(value, (torch.Tensor, numpy.ndarray)):
        return value.numpy().tobytes().hex() if isinstance(value, torch.Tensor) else value.tobytes().hex()
    if isinstance(value, dict):
        return {str(key): written(held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(held) for held in value]
    return repr(value)


Told(build=build, train_loader=train_loader, loss=nn.functional.cross_entropy, evaluate=evaluate, train_samples=96).run()
