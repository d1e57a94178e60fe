"""Frugal for Python: joules of any piece of code, and workers for studies. Standard library only.

    import frugal
    with frugal.measure() as m:
        train()
    print(m)            # "1.24 kJ (1.18 kJ to 1.30 kJ; counter; 12.3 s)"
"""

from .energy import EnergyError, EnergyFigure, EnergyMeter, Measurement, co2e, measure

__all__ = ["EnergyError", "EnergyFigure", "EnergyMeter", "Measurement", "co2e", "measure"]
__version__ = "0.1.0"
