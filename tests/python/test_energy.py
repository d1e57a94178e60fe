"""frugal.measure against the simulated sensor, whose true power is known."""

import multiprocessing
import os
import threading
import time
import unittest

import frugal

SIM = "sim:power=100W,error=0,sim:power=50W,error=0"


class MeasureTest(unittest.TestCase):
    def test_joules_of_a_block_are_power_times_time(self):
        with frugal.measure(SIM) as m:
            self.assertIsNone(m.total)
            time.sleep(0.1)
        self.assertGreaterEqual(m.duration_s, 0.1)
        self.assertAlmostEqual(m.energy_j, 150 * m.duration_s, delta=0.05)
        self.assertAlmostEqual(m.by_device["sim0"].energy_j, 100 * m.duration_s, delta=0.05)
        self.assertAlmostEqual(m.energy_wh * 3600, m.energy_j)
        self.assertAlmostEqual(m.total.power_w, 150, delta=1)
        self.assertEqual(m.total.method, "counter")
        self.assertRegex(str(m), r"^1[5-9]\.?\d* J \(.* to .*; counter; 0\.1\d* s\)$")

    def test_blocks_may_nest_and_overlap(self):
        outer = frugal.measure(SIM)
        with outer as whole:
            with outer as part:
                time.sleep(0.02)
            time.sleep(0.02)
        self.assertGreater(whole.energy_j, part.energy_j + 150 * 0.02 - 0.1)

    def test_threads_have_windows_of_their_own(self):
        results = []

        def work():
            with frugal.measure(SIM) as m:
                time.sleep(0.05)
            results.append(m)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(results), 8)
        for m in results:
            self.assertAlmostEqual(m.energy_j, 150 * m.duration_s, delta=0.05)

    def test_an_exception_is_measured_and_goes_on(self):
        seen = []
        with self.assertRaises(ZeroDivisionError):
            with frugal.measure(SIM, report=seen.append):
                1 / 0
        self.assertEqual(len(seen), 1)
        self.assertIsNotNone(seen[0].total)

    def test_a_function_can_be_wrapped(self):
        seen = []

        @frugal.measure(SIM, report=seen.append)
        def factorial(n):
            """n!"""
            return 1 if n < 2 else n * factorial(n - 1)

        self.assertEqual(factorial(5), 120)
        self.assertEqual(factorial.__doc__, "n!")
        self.assertEqual(len(seen), 5)

    def test_what_is_not_measured_is_none(self):
        with frugal.measure("sim:fail=1") as m:
            time.sleep(0.01)
        self.assertIsNone(m.energy_j)
        self.assertIsNone(m.energy_wh)
        self.assertEqual(m.by_device, {})
        self.assertRegex(str(m), "^nothing was measured")

    def test_the_model_says_that_it_is_one(self):
        with frugal.measure("model") as m:
            sum(i * i for i in range(200000))
        self.assertEqual(m.total.method, "model")
        self.assertTrue(any("model" in caveat for caveat in m.caveats))
        self.assertLess(m.total.low_j, m.total.high_j)

    def test_a_forked_child_measures_anew(self):
        with frugal.measure(SIM) as m:
            context = multiprocessing.get_context("fork")
            queue = context.Queue()

            def child():
                with frugal.measure(SIM) as inner:
                    time.sleep(0.02)
                queue.put(inner.energy_j)

            process = context.Process(target=child)
            process.start()
            joules = queue.get(timeout=20)
            process.join(20)
        self.assertEqual(process.exitcode, 0)
        self.assertGreater(joules, 150 * 0.02 - 0.1)
        self.assertGreater(m.energy_j, joules)


class MeterTest(unittest.TestCase):
    def test_windows_by_number(self):
        with frugal.EnergyMeter(SIM, 0.02) as meter:
            self.assertEqual(meter.devices, ["sim0", "sim1"])
            first, second = meter.begin(), meter.begin()
            self.assertNotEqual(first, second)
            self.assertIsNotNone(meter.end(first).total)
            with self.assertRaisesRegex(frugal.EnergyError, f"window {first} is not open"):
                meter.end(first)
        with self.assertRaisesRegex(frugal.EnergyError, "closed"):
            meter.begin()
        meter.close()

    def test_a_wrong_device_is_explained(self):
        with self.assertRaisesRegex(frugal.EnergyError, r"unknown device 'simm' \(did you mean 'sim'\?\)"):
            frugal.EnergyMeter("simm")

    def test_a_library_that_is_not_there_is_explained(self):
        code = "import frugal\ntry:\n    frugal.measure().__enter__()\nexcept frugal.EnergyError as e:\n    print(e)"
        import subprocess
        import sys

        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                              env={**os.environ, "FRUGAL_LIBRARY": "/no/such/library.so"})
        self.assertIn("libfrugal_energy cannot be loaded; build it ('make build') or name it in FRUGAL_LIBRARY",
                      done.stdout)


class Co2eTest(unittest.TestCase):
    def test_grams_and_source(self):
        grams, source = frugal.co2e(3.6e6, "France", pue=2)
        self.assertAlmostEqual(grams, 2 * 44.2)
        self.assertEqual(source, "France 2024: Ember via Our World in Data, CC BY 4.0")
        with self.assertRaisesRegex(frugal.EnergyError, "did you mean 'France'"):
            frugal.co2e(1, "Frence")


if __name__ == "__main__":
    unittest.main()
