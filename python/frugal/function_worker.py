"""serve_function: a plain Python function as a worker, without classes. What `random`, `grid` and `vanilla` need.

    def train(point, seed):
        model = make(point)
        for epoch in range(60):
            fit(model)
            yield {"accuracy": score(model), "loss": loss}   # once an epoch; or a bare number: the metric

    frugal.serve_function(train, metric="accuracy")

A function that returns instead of yielding has one epoch. When it ends, the trial ends: `limits.epochs` bounds it, and
need not be reached.
"""

from .worker import Worker


class FunctionWorker(Worker):
    def __init__(self, function, metric="accuracy", goal=None, name=None):
        self._function = function
        self.metric, self.goal = metric, goal
        self.name = name or f"Python function {getattr(function, '__name__', '')}"

    def start(self, point, seed):
        return {"begin": lambda: self._function(point, seed), "epochs": None, "given": None}

    def train_epoch(self, trial):
        if trial["epochs"] is None:
            given = trial["begin"]()
            trial["epochs"] = given if hasattr(given, "__next__") else iter([given])
        try:
            given = next(trial["epochs"])
        except StopIteration:
            return self.ENDED
        trial["given"] = {name: value for name, value in given.items() if name != "loss" or self.metric == "loss"} \
            if isinstance(given, dict) else {self.metric: given}
        return given.get("loss") if isinstance(given, dict) else None

    def evaluate(self, trial):
        return trial["given"]

    def drop(self, trial):
        if hasattr(trial["epochs"], "close"):
            trial["epochs"].close()


def serve_function(function, metric="accuracy", goal=None, name=None):
    """Answers the study until it ends. The last line of a worker."""
    FunctionWorker(function, metric, goal, name).run()
