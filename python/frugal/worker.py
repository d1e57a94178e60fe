"""Workers in Python: subclass Worker (any library), hand functions to TorchWorker (frugal.torch_worker), or a generator
to serve_function (frugal.function_worker). A worker is the program that a study file names in `workload: {worker: …}`.

What is overridden says what the worker can do: start, evaluate and train_epoch for `random`, `grid` and `vanilla`;
snapshot and restore so that a killed study goes on where it was; batches and step (in place of train_epoch) with them
for `sm2`. Every trial has a course of random numbers of its own, seeded by the study. Not for several threads.
"""

import contextlib
import gc
import math

from . import snapshot_file, streams
from .protocol import VERSION, Channel, Diverged, TrialError, error_answer

_LOOK = 64  # steps between looks whether the loss of an epoch is still finite: each look waits for the device


class Point(dict):
    """The values of a trial. One that it lacks is explained."""

    def __missing__(self, name):
        hint = ("; sm2 chooses it later: build with point.get('learning_rate', 0.1), it is set before any training"
                if name == "learning_rate" else "")
        known = ", ".join(self) or "nothing"
        raise TrialError("invalid", f"the point has no '{name}' (it has: {known}){hint}")


class _Trial:
    def __init__(self, number, point):
        self.number, self.point, self.epoch = number, point, 0
        self.state = self.random = None


class Worker:
    """One trial is whatever `start` returns; it is handed to every other method."""

    ENDED = object()  # train_epoch returns it when the trial has no further epoch to give

    name = None  # for people; the name of the class where it is None
    metric = "accuracy"
    goal = None  # "max" or "min"; where it is None, "min" for loss and perplexity, else "max"
    train_samples = None  # size of the training set: joules per epoch are computed from it
    validation_samples = None

    def _undefined(self, method):
        """A worker that lacks a method costs its trial and says which it lacks."""
        return TrialError("unsupported", f"{type(self).__name__} does not define {method}()")

    # ---- to override

    def start(self, point, seed):
        """A new trial at `point`. Python's, NumPy's and PyTorch's generators are seeded already."""
        raise self._undefined("start")

    def evaluate(self, trial):
        """The metric as a number, or a dict that holds it."""
        raise self._undefined("evaluate")

    def train_epoch(self, trial):
        """One epoch. Returns the mean loss, or (mean loss, training samples), or None."""
        total, samples = 0.0, 0
        for number, batch in enumerate(self.batches(trial)):
            loss, count = _loss_and_count(self.step(trial, batch))
            total, samples = total + loss * count, samples + count
            if number % _LOOK == 0 and not math.isfinite(float(total)):
                break
        if samples == 0:
            raise TrialError("invalid", "an epoch holds no batch: the batch size is larger than the training set?")
        return float(total) / samples, samples

    def batches(self, trial):
        """One epoch's batches; has a len()."""
        raise self._undefined("batches")

    def step(self, trial, batch):
        """One optimiser step. Returns the loss before it, or (loss, samples of the batch)."""
        raise self._undefined("step")

    def set(self, trial, values):
        """Values of the point that change, mostly the learning rate."""
        raise TrialError("unsupported", f"this worker cannot change {', '.join(values)} of a running trial")

    def snapshot(self, trial):
        """A copy of everything that training changes. It can be pickled, and restored more than once."""
        raise self._undefined("snapshot")

    def restore(self, trial, snapshot):
        raise self._undefined("restore")

    def synchronize(self):
        """Waits until the device has done what it was told; called before each epoch's report and edge of a phase."""

    def drop(self, trial):
        """The trial is over."""

    # ---- the protocol

    def run(self):
        """Answers requests until the study ends. The last line of a worker."""
        self._channel, self._trials = Channel.of_environment(), {}
        for request in self._channel.requests():
            try:
                answer = self._answer(request)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # whatever the training throws costs its trial alone
                answer = error_answer(error)
                if answer["error"] == "out_of_memory":
                    self._release(request.get("trial"))
            self._channel.say(**{"ok": True, **answer})
            if request is not None and request.get("op") == "shutdown":
                return

    def _answer(self, request):
        if request is None:
            raise TrialError("invalid", "this line is no JSON object")
        known = {"hello": self._hello, "start": self._start, "train": self._train, "explore": self._explore,
                 "probe": self._probe, "save": self._save, "load": self._load, "drop": self._drop,
                 "shutdown": lambda _: {}}
        op = request.get("op")
        if op not in known:
            raise TrialError("unsupported", f"unknown request '{op}'")
        return known[op](request) or {}

    def _hello(self, request):
        if request.get("protocol", VERSION) != VERSION:
            raise TrialError("unsupported", f"protocol {request.get('protocol')} is not spoken here, only {VERSION}")
        answer = {"protocol": VERSION, "worker": self.name or type(self).__name__, "can": self._abilities(),
                  "metric": {"name": self.metric, "goal": self.goal or goal_of(self.metric)}}
        for key in ("train_samples", "validation_samples"):
            if getattr(self, key) is not None:
                answer[key] = getattr(self, key)
        return answer

    def _abilities(self):
        own = lambda *names: all(getattr(type(self), name) is not getattr(Worker, name) for name in names)
        kept = own("snapshot", "restore")
        stepped = kept and own("batches", "step")
        return ["train"] + ["explore", "probe"] * stepped + ["snapshot"] * kept

    def _start(self, request):
        self._release(request["trial"])
        trial = _Trial(request["trial"], Point(request.get("point", {})))
        streams.seed(request.get("seed", 1))
        trial.state = self.start(trial.point, request.get("seed", 1))
        self.synchronize()
        trial.random = streams.capture()
        self._trials[trial.number] = trial

    @contextlib.contextmanager
    def _course(self, request):
        """The trial of a request, with its own course of random numbers in force."""
        trial = self._trials.get(request["trial"])
        if trial is None:
            raise TrialError("invalid", f"trial {request['trial']} was never started")
        streams.put(trial.random)
        yield trial
        trial.random = streams.capture()

    @contextlib.contextmanager
    def _phase(self, name):
        self.synchronize()
        self._channel.say(event="phase", name=name, edge="begin")
        try:
            yield
            self.synchronize()
        finally:
            self._channel.say(event="phase", name=name, edge="end")

    def _train(self, request):
        with self._course(request) as trial:
            self._change(trial, request.get("set", {}))
            for _ in range(request["epochs"]):
                with self._phase("train"):
                    given = self.train_epoch(trial.state)
                if given is self.ENDED:
                    return  # fewer epochs than were asked for: the study asks no more of this trial
                loss, samples = _loss_and_samples(given)
                if loss is not None and not math.isfinite(loss):
                    raise Diverged(f"the loss of epoch {trial.epoch + 1} is {loss}")
                with self._phase("evaluate"):
                    metrics = self._metrics(trial)
                trial.epoch += 1
                self._channel.say(event="epoch", trial=trial.number, epoch=trial.epoch, loss=loss, metrics=metrics,
                                  samples=samples or self.train_samples or 0)

    def _change(self, trial, values):
        changed = {name: value for name, value in values.items() if trial.point.get(name, self) != value}
        if changed:
            self.set(trial.state, changed)
            trial.point.update(changed)

    def _metrics(self, trial):
        given = self.evaluate(trial.state)
        metrics = given if isinstance(given, dict) else {self.metric: given}
        if self.metric not in metrics:
            raise TrialError("invalid", f"evaluate gave no '{self.metric}' (it gave: {', '.join(metrics) or 'nothing'})")
        return {name: float(value) for name, value in metrics.items()}

    @contextlib.contextmanager
    def _untouched(self, request):
        """What is done inside leaves the trial as it was, bit for bit; yields it and its snapshot."""
        with self._course(request) as trial:
            before, point, course = self.snapshot(trial.state), Point(trial.point), streams.capture()
            try:
                yield trial, before
            finally:
                self.restore(trial.state, before)
                trial.point = point
                streams.put(course)

    def _explore(self, request):
        rates, restart = request["rates"], request.get("cycles", "continue") == "restart"
        with self._untouched(request) as (trial, before):
            budget = max(1, math.ceil(request["fraction"] * len(self.batches(trial.state))))
            steps = _steps(budget, len(rates), restart, request.get("min_cycles", 1), request.get("max_cycles", 0))
            curve, metrics, samples, lost = [], {}, 0, False
            with self._phase("explore"):
                with _endless(self.batches, trial.state) as batches:
                    for number in range(steps):
                        rate = rates[number % len(rates)]
                        if restart and number and number % len(rates) == 0:
                            self.restore(trial.state, before)
                            trial.point.pop("learning_rate", None)
                            lost = False
                        if lost:  # of no use until the cycle starts afresh
                            curve.append({"rate": rate, "loss": None})
                            continue
                        self._change(trial, {"learning_rate": rate})
                        loss, count = _loss_and_count(self.step(trial.state, next(batches)))
                        curve.append({"rate": rate, "loss": float(loss)})
                        samples += count
                        lost = restart and not math.isfinite(float(loss))
                if not restart:
                    metrics = self._metrics(trial)
            taken = sum(1 for entry in curve if entry["loss"] is not None) if restart else steps
            return {"curve": curve, "loss_before": curve[0]["loss"], "metrics": metrics, "samples": samples,
                    "steps": taken, "budget_steps": budget}

    def _probe(self, request):
        with self._untouched(request) as (trial, _):
            with self._phase("explore"):
                self._change(trial, request.get("set", {}))
                total, samples = 0.0, 0
                with _endless(self.batches, trial.state) as batches:
                    for _ in range(request["steps"]):
                        loss, count = _loss_and_count(self.step(trial.state, next(batches)))
                        total, samples = total + loss * count, samples + count
                metrics = self._metrics(trial)
            return {"loss": float(total) / max(samples, 1), "metrics": metrics, "samples": samples}

    def _save(self, request):
        with self._course(request) as trial:
            held = {"state": self.snapshot(trial.state), "random": trial.random, "epoch": trial.epoch,
                    "point": dict(trial.point)}
            snapshot_file.write(held, request["path"])

    def _load(self, request):
        with self._course(request) as trial:
            try:
                held = snapshot_file.read(request["path"])
            except (OSError, ValueError) as error:
                raise TrialError("invalid", str(error)) from error
            self.restore(trial.state, held["state"])
            trial.epoch, trial.point = held["epoch"], Point(held["point"])
            streams.put(held["random"])

    def _drop(self, request):
        self._release(request["trial"])

    def _release(self, number):
        trial = self._trials.pop(number, None)
        if trial is not None:
            self.drop(trial.state)
        del trial
        gc.collect()


def goal_of(metric):
    return "min" if metric in ("loss", "perplexity") else "max"


def _steps(budget, rates, restart, min_cycles, max_cycles):
    """At least one whole cycle; a restart takes whole cycles only (docs/protocol.md, explore)."""
    if not restart:
        return max(budget, rates)
    least = max(1, min_cycles)
    cycles = max(least, budget // rates)
    return rates * (min(cycles, max(least, max_cycles)) if max_cycles > 0 else cycles)


@contextlib.contextmanager
def _endless(batches, state):
    """The batches of epoch after epoch; ends what produces them (loader processes) at the end."""
    def run():
        while True:
            empty = True
            for batch in batches(state):
                empty = False
                yield batch
            if empty:
                raise TrialError("invalid", "an epoch holds no batch: the batch size is larger than the training set?")

    producer = run()
    try:
        yield producer
    finally:
        producer.close()


def _loss_and_count(given):
    return given if isinstance(given, tuple) else (given, 1)


def _loss_and_samples(given):
    loss, samples = given if isinstance(given, tuple) else (given, None)
    return (None if loss is None else float(loss)), samples
