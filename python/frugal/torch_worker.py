"""TorchWorker: an ordinary PyTorch training as a worker. PyTorch is imported when one is made, not before.

    frugal.TorchWorker(
        build=lambda point: (model, optimizer),          # or (model, optimizer, scheduler)
        train_loader=lambda batch_size: DataLoader(…),    # or one DataLoader
        loss=torch.nn.functional.cross_entropy,           # of (outputs, targets)
        evaluate=lambda model: accuracy,                  # a number, or a dict of metrics
        metric="accuracy", train_samples=len(train_set)).run()

For batches that are no pair of inputs and targets give batch_loss(model, batch) instead of loss. For anything else
override a method: update() for clipping or mixed precision, set() for factors of your own.
"""

import copy

from .protocol import TrialError
from .worker import Worker


class _Training:
    def __init__(self, model, optimizer, scheduler, loader):
        self.model, self.optimizer, self.scheduler, self.loader = model, optimizer, scheduler, loader


class TorchWorker(Worker):
    """`device`: auto (the first CUDA device, else the CPU) or what torch.device() takes. Batches are moved there."""

    def __init__(self, build, train_loader, loss=None, evaluate=None, metric="accuracy", goal=None, batch_loss=None,
                 device="auto", name=None, train_samples=None, validation_samples=None):
        import torch

        if (loss is None) == (batch_loss is None):
            raise ValueError("give loss(outputs, targets) or batch_loss(model, batch), one of them")
        if evaluate is None:
            raise ValueError("give evaluate(model): a number, or a dict that holds the metric")
        self._torch = torch
        self._build, self._loader, self._loss, self._batch_loss, self._evaluate = build, train_loader, loss, batch_loss, evaluate
        self.metric, self.goal = metric, goal
        self.train_samples, self.validation_samples = train_samples, validation_samples
        chosen = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
        self.device = torch.device(chosen)
        self.name = f"{name or 'PyTorch worker'} (torch {torch.__version__}, {self.device})"

    # ---- to override where an ordinary loop does not fit

    def update(self, training, loss):
        """Backward pass and optimiser step."""
        loss.backward()
        training.optimizer.step()

    def compute_loss(self, training, batch):
        if self._batch_loss is not None:
            return self._batch_loss(training.model, batch)
        inputs, targets = batch
        return self._loss(training.model(inputs), targets)

    def set(self, training, values):
        """Into every parameter group that the optimiser has; groups keep their ratio to the first one."""
        groups = training.optimizer.param_groups
        for name, value in values.items():
            key = "lr" if name == "learning_rate" else name
            if key not in groups[0]:
                raise TrialError("unsupported", f"the optimiser has no '{key}' to set; override TorchWorker.set")
            first = groups[0][key]
            for index, group in enumerate(groups):
                keeps_ratio = key == "lr" and first and index
                group[key] = group[key] / first * value if keeps_ratio else value
                if key == "lr" and training.scheduler is not None:
                    group["initial_lr"] = group[key]
        if "learning_rate" in values and hasattr(training.scheduler, "base_lrs"):
            training.scheduler.base_lrs = [group["lr"] for group in groups]

    # ---- the worker

    def start(self, point, seed):
        built = self._build(point)
        if not isinstance(built, (tuple, list)) or len(built) not in (2, 3):
            raise TrialError("invalid", "build(point) returns (model, optimizer) or (model, optimizer, scheduler), "
                                        f"not {type(built).__name__}")
        model, optimizer, scheduler = (*built, None)[:3]
        model.to(self.device)
        return _Training(model, optimizer, scheduler, self._loader_at(point))

    def _loader_at(self, point):
        return self._loader(point["batch_size"]) if callable(self._loader) else self._loader

    def batches(self, training):
        return training.loader

    def step(self, training, batch):
        if not training.model.training:
            training.model.train()
        samples = _length(batch)
        training.optimizer.zero_grad(set_to_none=True)
        loss = self.compute_loss(training, self._moved(batch))
        self.update(training, loss)
        return loss.detach(), samples

    def train_epoch(self, training):
        result = super().train_epoch(training)
        if training.scheduler is not None:
            training.scheduler.step()
        return result

    def evaluate(self, training):
        training.model.eval()
        with self._torch.no_grad():
            return self._evaluate(training.model)

    def synchronize(self):
        if self.device.type == "cuda":
            self._torch.cuda.synchronize(self.device)

    def snapshot(self, training):
        state = {"model": training.model.state_dict(), "optimizer": training.optimizer.state_dict(),
                 "buffers": dict(training.model.named_buffers()),  # also those that state_dict leaves out
                 "generators": [generator.get_state() for generator in _generators(training.loader)]}
        if training.scheduler is not None:
            state["scheduler"] = training.scheduler.state_dict()
        return copy.deepcopy(state)

    def restore(self, training, snapshot):
        # Copied: newer versions of PyTorch keep the tensors that load_state_dict of an optimiser is given.
        snapshot = copy.deepcopy(snapshot)
        training.model.load_state_dict(snapshot["model"])
        training.optimizer.load_state_dict(snapshot["optimizer"])
        with self._torch.no_grad():
            for name, buffer in training.model.named_buffers():
                buffer.copy_(snapshot["buffers"][name])
        if training.scheduler is not None:
            training.scheduler.load_state_dict(snapshot["scheduler"])
        for generator, state in zip(_generators(training.loader), snapshot["generators"]):
            generator.set_state(state)
        training.optimizer.zero_grad(set_to_none=True)

    def drop(self, training):
        training.model = training.optimizer = training.scheduler = training.loader = None
        if self.device.type == "cuda":
            self._torch.cuda.empty_cache()

    def _moved(self, batch):
        if isinstance(batch, self._torch.Tensor):
            return batch.to(self.device, non_blocking=True)
        if isinstance(batch, dict):
            return {key: self._moved(value) for key, value in batch.items()}
        if isinstance(batch, (list, tuple)):
            moved = [self._moved(value) for value in batch]
            return type(batch)(*moved) if hasattr(batch, "_fields") else type(batch)(moved)
        return batch


def _generators(loader):
    """The random generators of a loader that are its own, each once: state that the global one does not hold."""
    found = []
    for holder in (loader, getattr(loader, "sampler", None), getattr(loader, "batch_sampler", None)):
        generator = getattr(holder, "generator", None)
        if generator is not None and hasattr(generator, "get_state") and all(generator is not one for one in found):
            found.append(generator)
    return found


def _length(batch):
    """Samples of a batch: the length of the first thing in it that has one."""
    if hasattr(batch, "shape"):
        return int(batch.shape[0]) if len(batch.shape) else 1
    parts = batch.values() if isinstance(batch, dict) else batch if isinstance(batch, (list, tuple)) else ()
    for part in parts:
        return _length(part)
    return 1
