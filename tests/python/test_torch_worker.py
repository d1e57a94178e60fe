"""frugal.TorchWorker with a real PyTorch: looks ahead leave every bit as it was, snapshots go on, seeds decide."""

import os
import tempfile
import unittest

from conversation import Conversation

RATES = [0.001, 0.01, 0.1, 1.0]


def started(*arguments, seed=5, batch_size=16):
    worker = Conversation("net.py", *arguments)
    worker.say("hello", protocol=1)
    answer = worker.say("start", trial=0, point={"batch_size": batch_size}, seed=seed)
    return worker, answer


class TorchTest(unittest.TestCase):
    def test_it_can_do_all_that_sm2_needs(self):
        with Conversation("net.py") as worker:
            card = worker.say("hello", protocol=1)
            self.assertEqual(card["can"], ["train", "explore", "probe", "snapshot"])
            self.assertRegex(card["worker"], r"^PyTorch worker \(torch [0-9].*, cpu\)$")
            self.assertEqual(card["train_samples"], 96)

    def test_looking_ahead_leaves_every_bit(self):
        worker, _ = started()
        with worker:
            for epochs in (0, 3):  # an optimiser without state yet, and one with it
                worker.say("train", trial=0, epochs=epochs)
                before = worker.say("state", trial=0)
                for cycles in ("continue", "restart"):
                    answer = worker.say("explore", trial=0, fraction=0.5, rates=RATES, cycles=cycles, min_cycles=3)
                    self.assertTrue(answer["ok"], answer)
                    self.assertEqual(worker.say("state", trial=0), before, cycles)
                answer = worker.say("probe", trial=0, steps=9, set={"learning_rate": 0.5})
                self.assertEqual((answer["samples"], answer["metrics"]["calls"]), (9 * 16, 6 * epochs + 9))
                self.assertEqual(worker.say("state", trial=0), before, "probe")
                diverging = worker.say("explore", trial=0, fraction=0.5, rates=[1.0, 1e30, 2e30], cycles="restart")
                self.assertTrue(diverging["ok"], diverging)
                self.assertEqual(worker.say("state", trial=0), before, "a divergence")

    def test_restarts_of_an_exploration_are_equal_but_for_chance(self):
        worker, _ = started()
        with worker:
            worker.say("train", trial=0, epochs=1)
            curve = worker.say("explore", trial=0, fraction=1, rates=[1e-9, 1e-8], cycles="restart", min_cycles=3)["curve"]
            self.assertEqual(len(curve), 6)
            for entry in curve:  # rates this small train nothing: what differs is batch and dropout
                self.assertAlmostEqual(entry["loss"], 0.69, delta=0.4)

    def test_training_with_looks_between_is_training(self):
        plain, _ = started()
        looking, _ = started()
        with plain, looking:
            for _ in range(3):
                plain.say("train", trial=0, epochs=1)
                looking.say("explore", trial=0, fraction=0.5, rates=RATES, cycles="continue")
                looking.say("train", trial=0, epochs=1)
                self.assertEqual(plain.epochs(), looking.epochs())
                self.assertEqual(plain.say("state", trial=0), looking.say("state", trial=0))

    def test_a_snapshot_goes_on_in_a_fresh_process(self):
        first, _ = started()
        second, _ = started(seed=6)
        with tempfile.TemporaryDirectory() as folder, first, second:
            path = os.path.join(folder, "trial")
            first.say("train", trial=0, epochs=3, set={"learning_rate": 0.05})
            self.assertEqual(first.say("save", trial=0, path=path), {"ok": True})
            self.assertEqual(second.say("load", trial=0, path=path), {"ok": True})
            for worker in (first, second):
                worker.say("train", trial=0, epochs=2, set={"learning_rate": 0.05})
            self.assertEqual(first.epochs(), second.epochs())
            self.assertEqual(first.say("state", trial=0), second.say("state", trial=0))

    def test_the_seed_of_the_study_decides(self):
        states = []
        for seed in (5, 5, 2**63 + 11):
            worker, answer = started(seed=seed)
            with worker:
                self.assertTrue(answer["ok"], answer)
                worker.say("train", trial=0, epochs=1)
                states.append(worker.say("state", trial=0)["state"]["training"])
        self.assertEqual(states[0], states[1])
        self.assertNotEqual(states[0], states[2])

    def test_a_rate_reaches_every_group_and_its_schedule(self):
        worker, _ = started()
        with worker:
            self.assertEqual(worker.say("state", trial=0)["rates"], [0.01, 0.002])
            worker.say("train", trial=0, epochs=1, set={"learning_rate": 0.5})
            rates = worker.say("state", trial=0)["rates"]
            self.assertAlmostEqual(rates[0], 0.5)
            self.assertAlmostEqual(rates[1], 0.1)
            worker.say("train", trial=0, epochs=1, set={"learning_rate": 0.5})  # no change: the schedule goes on
            self.assertAlmostEqual(worker.say("state", trial=0)["rates"][0], 0.25)

    def test_what_goes_wrong_is_told(self):
        worker, answer = started("memory")
        with worker:
            self.assertEqual((answer["ok"], answer["error"]), (False, "out_of_memory"))
            self.assertRegex(answer["message"], r"in train_loader\)$")
        worker, _ = started()
        with worker:
            answer = worker.say("train", trial=0, epochs=1, set={"width": 3})
            self.assertEqual((answer["error"], answer["message"]),
                             ("unsupported", "the optimiser has no 'width' to set; override TorchWorker.set"))
            answer = worker.say("train", trial=0, epochs=9, set={"learning_rate": 1e30})
            self.assertEqual(answer["error"], "diverged")
            answer = worker.say("start", trial=1, point={}, seed=1)
            self.assertEqual((answer["error"], answer["message"]), ("invalid", "the point has no 'batch_size' (it has: nothing)"))


if __name__ == "__main__":
    unittest.main()
