"""Frugal for Python: joules of any piece of code, and workers for studies. Standard library only.

    import frugal
    with frugal.measure() as m:
        train()
    print(m)            # "1.24 kJ (1.18 kJ to 1.30 kJ; counter; 12.3 s)"

    frugal.TorchWorker(build=…, train_loader=…, loss=…, evaluate=…).run()   # the worker of a study; or frugal.Worker,
    frugal.serve_function(train)                                            # or a function
"""

from .energy import EnergyError, EnergyFigure, EnergyMeter, Measurement, co2e, measure
from .function_worker import FunctionWorker, serve_function
from .protocol import Diverged, TrialError
from .torch_worker import TorchWorker
from .worker import Point, Worker

__all__ = ["Diverged", "EnergyError", "EnergyFigure", "EnergyMeter", "FunctionWorker", "Measurement", "Point",
           "TorchWorker", "TrialError", "Worker", "co2e", "measure", "serve_function"]
__version__ = "0.1.0"
