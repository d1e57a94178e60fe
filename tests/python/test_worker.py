"""frugal.Worker and frugal.serve_function as processes, against arithmetic. Standard library only."""

import os
import random
import tempfile
import unittest

from conversation import Conversation
from frugal.worker import TrialError, Worker

RATES = [0.001, 0.01, 0.1, 0.4]


def started(script="line.py", *arguments, seed=5, point=None):
    worker = Conversation(script, *arguments)
    worker.say("hello", protocol=1)
    answer = worker.say("start", trial=0, point=point or {}, seed=seed)
    return worker, answer


class IncompleteTest(unittest.TestCase):
    def test_a_method_that_is_lacking_is_named(self):
        class Half(Worker):
            pass

        for method, arguments in (("start", ({}, 1)), ("evaluate", (None,)), ("batches", (None,)), ("step", (None, None)),
                                  ("snapshot", (None,)), ("restore", (None, None))):
            with self.assertRaisesRegex(TrialError, rf"^Half does not define {method}\(\)$"):
                getattr(Half(), method)(*arguments)


class LineTest(unittest.TestCase):
    def test_it_says_what_its_methods_allow(self):
        with Conversation("line.py") as worker:
            self.assertEqual(worker.say("hello", protocol=1), {
                "ok": True, "protocol": 1, "worker": "a line", "can": ["train", "explore", "probe", "snapshot"],
                "metric": {"name": "error", "goal": "min"}, "train_samples": 40})
            self.assertEqual(worker.say("hello", protocol=2)["error"], "unsupported")

    def test_an_epoch_is_the_loop_by_hand(self):
        worker, answer = started()
        with worker:
            self.assertEqual(answer, {"ok": True})
            self.assertEqual(worker.say("train", trial=0, epochs=2, set={"learning_rate": 0.2}), {"ok": True})
            self.assertEqual(worker.edges(), [("train", "begin"), ("train", "end"), ("evaluate", "begin"), ("evaluate", "end")] * 2)
            random.seed(5)
            weight, losses = random.random(), []
            for epoch in range(2):
                random.shuffle(list(range(40)))
                total = 0
                for _ in range(10):
                    error = weight - 3.0 + 0.01 * random.gauss(0, 1)
                    weight -= 0.2 * 2 * error
                    total += 4 * error * error
                losses.append(total / 40)
            for epoch, event in enumerate(worker.epochs()):
                self.assertEqual((event["trial"], event["epoch"], event["samples"]), (0, epoch + 1, 40))
                self.assertAlmostEqual(event["loss"], losses[epoch], places=12)
            self.assertAlmostEqual(worker.epochs()[1]["metrics"]["weight"], weight, places=12)

    def test_explore_and_probe_leave_no_trace(self):
        plain, _ = started()
        looked, _ = started()
        with plain, looked:
            for worker in (plain, looked):
                worker.say("train", trial=0, epochs=1, set={"learning_rate": 0.1})
            for cycles in ("continue", "restart"):
                answer = looked.say("explore", trial=0, fraction=0.5, rates=RATES, cycles=cycles, min_cycles=2, max_cycles=4)
                self.assertEqual([entry["rate"] for entry in answer["curve"][:4]], RATES)
                self.assertEqual(looked.edges(), [("explore", "begin"), ("explore", "end")])
            answer = looked.say("probe", trial=0, steps=7, set={"learning_rate": 0.3})
            self.assertEqual((answer["samples"], answer["metrics"]["steps"]), (28, 17))
            for worker in (plain, looked):
                worker.say("train", trial=0, epochs=2, set={"learning_rate": 0.1})
            self.assertEqual(plain.epochs(), looked.epochs())

    def test_an_exploration_counts_its_steps(self):
        worker, _ = started()
        with worker:
            cases = [("continue", 1.0, {}, 10, 10), ("continue", 0.1, {}, 4, 1), ("restart", 1.0, {}, 8, 10),
                     ("restart", 0.1, {"min_cycles": 2}, 8, 1), ("restart", 1.0, {"max_cycles": 1}, 4, 10)]
            for cycles, fraction, bounds, steps, budget in cases:
                answer = worker.say("explore", trial=0, fraction=fraction, rates=RATES, cycles=cycles, **bounds)
                self.assertEqual((answer["steps"], answer["budget_steps"], len(answer["curve"]), answer["samples"]),
                                 (steps, budget, steps, 4 * steps))
                self.assertEqual(bool(answer["metrics"]), cycles == "continue")
                self.assertEqual(answer["loss_before"], answer["curve"][0]["loss"])

    def test_a_restart_begins_at_the_trials_own_weights(self):
        worker, _ = started()
        with worker:
            curve = worker.say("explore", trial=0, fraction=1, rates=[0.5, 1e308], cycles="restart", min_cycles=2)["curve"]
            # The first step of each cycle sees the untrained weight, up to its noise of a hundredth.
            self.assertAlmostEqual(curve[0]["loss"], curve[2]["loss"], delta=0.3)
            self.assertLess(curve[1]["loss"], 0.01)

    def test_a_loss_that_is_not_finite_is_a_divergence(self):
        worker, _ = started()
        with worker:
            answer = worker.say("train", trial=0, epochs=3, set={"learning_rate": 1e200})
            self.assertEqual((answer["ok"], answer["error"]), (False, "diverged"))
            self.assertRegex(answer["message"], "^the loss of epoch 1 is (nan|inf)$")
            self.assertEqual(worker.epochs(), [])

    def test_a_snapshot_goes_on_in_a_fresh_worker(self):
        first, _ = started()
        second, _ = started()
        with tempfile.TemporaryDirectory() as folder, first, second:
            path = os.path.join(folder, "trial")
            first.say("train", trial=0, epochs=1, set={"learning_rate": 0.2})
            self.assertEqual(first.say("save", trial=0, path=path), {"ok": True})
            self.assertEqual(second.say("load", trial=0, path=path), {"ok": True})
            for worker in (first, second):
                worker.say("train", trial=0, epochs=2, set={"learning_rate": 0.2})
            self.assertEqual(first.epochs(), second.epochs())
            self.assertEqual([event["epoch"] for event in second.epochs()], [2, 3])
            self.assertEqual(os.listdir(folder), ["trial"])
            with open(path, "r+b") as file:
                file.seek(60)
                file.write(b"x")
            answer = second.say("load", trial=0, path=path)
            self.assertEqual((answer["error"], answer["message"]), ("invalid", f"'{path}' is damaged: its seal does not fit"))
            self.assertEqual(second.say("load", trial=0, path="/no/such")["error"], "invalid")

    def test_trials_do_not_share_random_numbers(self):
        alone, _ = started()
        among, _ = started()
        with alone, among:
            among.say("start", trial=1, point={}, seed=9)
            alone.say("train", trial=0, epochs=2)
            expected = alone.epochs()
            found = []
            for _ in range(2):
                among.say("train", trial=0, epochs=1)
                found += among.epochs()
                among.say("train", trial=1, epochs=1)
            self.assertEqual(found, expected)

    def test_what_goes_wrong_costs_the_trial_and_is_told(self):
        for deed, kind, message in [
                ("throw", "internal", r"^ValueError: too deep \(line\.py, line \d+, in start\)$"),
                ("missing", "invalid", r"^the point has no 'depth' \(it has: width\)$"),
                ("exit", "internal", r"^the training called exit\(3\) \(line\.py, line \d+, in start\)$"),
                ("memory", "out_of_memory", r"^MemoryError: ")]:
            with self.subTest(deed):
                worker, answer = started("line.py", deed, point={"width": 2})
                with worker:
                    self.assertEqual((answer["ok"], answer["error"]), (False, kind))
                    self.assertRegex(answer["message"], message)
                    self.assertEqual(worker.say("train", trial=0, epochs=1),
                                     {"ok": False, "error": "invalid", "message": "trial 0 was never started"})
                    self.assertIn("a print that disturbs nothing", worker.log())
                    self.assertEqual("Traceback (most recent call last)" in worker.log(), deed != "missing")

    def test_a_missing_metric_names_what_there_is(self):
        worker, _ = started("line.py", "other")
        with worker:
            answer = worker.say("train", trial=0, epochs=1)
            self.assertEqual((answer["error"], answer["message"]), ("invalid", "evaluate gave no 'error' (it gave: accuracy)"))

    def test_wrong_requests_are_answered(self):
        with Conversation("line.py") as worker:
            self.assertEqual(worker.say_line("no JSON")["error"], "invalid")
            self.assertEqual(worker.say("dance")["error"], "unsupported")
            self.assertEqual(worker.say("train")["ok"], False)
            self.assertEqual(worker.say("drop", trial=7), {"ok": True})
            self.assertEqual(worker.say("shutdown"), {"ok": True})
            self.assertEqual(worker.process.wait(20), 0)


class FunctionTest(unittest.TestCase):
    def test_a_function_that_yields(self):
        worker, _ = started("function.py", "yields")
        with worker:
            self.assertEqual(worker.say("train", trial=0, epochs=2), {"ok": True})
            self.assertEqual([event["metrics"] for event in worker.epochs()], [{"accuracy": 0.5}, {"accuracy": 0.6}])
            random.seed(5)
            self.assertEqual([event["loss"] for event in worker.epochs()], [random.random(), random.random()])
            self.assertEqual(worker.say("train", trial=0, epochs=2), {"ok": True})
            self.assertEqual([event["epoch"] for event in worker.epochs()], [3])

    def test_a_function_that_returns_has_one_epoch(self):
        worker, _ = started("function.py", "returns", point={"learning_rate": 0.75})
        with worker:
            self.assertEqual(worker.say("train", trial=0, epochs=1), {"ok": True})
            self.assertEqual(worker.epochs()[0]["metrics"], {"accuracy": 0.75, "f1": 0.25})
            self.assertEqual(worker.epochs()[0]["loss"], None)
            self.assertEqual(worker.say("train", trial=0, epochs=1), {"ok": True})
            self.assertEqual(worker.epochs(), [])

    def test_a_bare_number_is_the_metric(self):
        worker, _ = started("function.py", "bare")
        with worker:
            self.assertEqual(worker.say("hello", protocol=1)["can"], ["train"])
            worker.say("train", trial=0, epochs=1)
            self.assertEqual(worker.epochs()[0]["metrics"], {"accuracy": 0.125})


if __name__ == "__main__":
    unittest.main()
