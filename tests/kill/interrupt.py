"""Ctrl-C: `frugal run` ends with 130, leaves no process behind, and the same command goes on."""

import signal
import subprocess
import time
import unittest

from processes import FRUGAL, StudyCase, wait_until


class Interrupt(StudyCase):
    def begun(self, study, store, epochs):
        before = self.requests("train")
        run = self.start(study, store)
        self.assertTrue(wait_until(lambda: self.requests("train") >= before + epochs), "the worker was never asked to train")
        return run

    def test_once_ends_soon_and_the_study_goes_on(self):
        slow = self.scripted_study("--epoch-ms 150")
        whole = self.start(slow, "whole.db").finish()
        run = self.begun(slow, "once.db", 3)
        begin = time.monotonic()
        run.process.send_signal(signal.SIGINT)
        answer = run.finish()
        self.assertLess(time.monotonic() - begin, 3)
        self.assertEqual(run.code, 130, run.err)
        self.assert_nothing_left(3)
        self.assertIn("frugal: interrupted; everything so far is saved\n  try: run the same command again to go on\n", run.err)
        self.assertIsNone(answer["stopped_by"])
        lost = self.report("once.db")["lost_attempts"]
        self.assertEqual([a["why"] for a in lost], ["interrupted"])
        self.assertGreater(lost[0]["energy_j"], 0)
        again = self.start(slow, "once.db")
        answer = again.finish()
        self.assertEqual(again.code, 0, again.err)
        self.assert_same_answer(answer, whole)

    def test_a_long_epoch_is_not_waited_for(self):
        run = self.begun(self.scripted_study("--epoch-ms 100000"), "long.db", 1)
        begin = time.monotonic()
        run.process.send_signal(signal.SIGINT)
        run.finish()
        self.assertLess(time.monotonic() - begin, 3)
        self.assertEqual(run.code, 130)
        self.assert_nothing_left(3)

    def test_sigterm_is_an_interrupt_too(self):
        run = self.begun(self.scripted_study("--epoch-ms 100000"), "term.db", 1)
        run.process.send_signal(signal.SIGTERM)
        run.finish()
        self.assertEqual(run.code, 130)
        self.assert_nothing_left(3)

    def test_twice_ends_at_once_even_while_a_worker_does_not_start(self):
        run = self.start(self.scripted_study("--at hello:1:hang"), "twice.db")
        self.assertTrue(wait_until(lambda: self.requests("hello") == 1))
        begin = time.monotonic()
        run.process.send_signal(signal.SIGINT)
        time.sleep(0.2)
        if run.process.poll() is None:
            run.process.send_signal(signal.SIGINT)
        run.finish()
        self.assertLess(time.monotonic() - begin, 3)
        self.assertEqual(run.code, 130)
        self.assert_nothing_left(3)

    def test_once_while_a_worker_does_not_start_ends_too(self):
        run = self.start(self.scripted_study("--at hello:1:hang"), "starting.db")
        self.assertTrue(wait_until(lambda: self.requests("hello") == 1))
        run.process.send_signal(signal.SIGINT)
        run.finish(20)
        self.assertEqual(run.code, 130)
        self.assert_nothing_left(3)

    def test_a_study_that_is_running_is_refused(self):
        study = self.scripted_study("--epoch-ms 100000")
        run = self.begun(study, "busy.db", 1)
        second = subprocess.run([FRUGAL, "run", study, "--store", self.path("busy.db")], capture_output=True, text=True, timeout=30)
        self.assertEqual(second.returncode, 1)
        self.assertEqual(second.stdout, "")
        self.assertEqual(second.stderr, "frugal: error: the study 'scripted' is being run by another process\n"
                                        "  try: wait for it, or start a second study under another name: --name N\n")
        run.process.send_signal(signal.SIGINT)
        run.finish()
        self.assertEqual(run.code, 130)


if __name__ == "__main__":
    unittest.main()
