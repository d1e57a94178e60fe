"""Joules of windows of time, read by libfrugal_energy (ctypes; nothing is compiled).

The library is looked for in FRUGAL_LIBRARY, beside this package, in the build folders of a checkout, and where the
system looks for libraries. A figure that was not measured is None, never 0.
"""

import ctypes
import ctypes.util
import functools
import os
import pathlib
import sys
import threading
from dataclasses import dataclass, field
from typing import Dict, List, Optional

_ABI = 1
_METHODS = ("counter", "integral", "model")
_NAME = "libfrugal_energy.so.1"


class EnergyError(RuntimeError):
    """Energy cannot be measured as asked; the message says why."""


@dataclass(frozen=True)
class EnergyFigure:
    """Joules with their provenance: the truth lies between low_j and high_j as far as the sensor's error is known."""

    energy_j: float
    low_j: float
    high_j: float
    coverage: float  # measured time / window time
    duration_s: float
    method: str  # counter | integral | model; a model is no measurement

    @property
    def power_w(self) -> float:
        """Mean power of the window."""
        return self.energy_j / self.duration_s if self.duration_s > 0 else 0.0

    def __str__(self) -> str:
        covered = "" if self.coverage > 0.995 else f"; {100 * self.coverage:.0f} % of the time measured"
        return (f"{_joules(self.energy_j)} ({_joules(self.low_j)} to {_joules(self.high_j)}; {self.method}; "
                f"{self.duration_s:.3g} s{covered})")


class _CFigure(ctypes.Structure):
    _fields_ = [("energy_j", ctypes.c_double), ("low_j", ctypes.c_double), ("high_j", ctypes.c_double),
                ("coverage", ctypes.c_double), ("duration_s", ctypes.c_double), ("method", ctypes.c_int32),
                ("reserved", ctypes.c_int32)]

    def figure(self) -> Optional[EnergyFigure]:
        if self.coverage <= 0 and self.energy_j == 0:
            return None
        return EnergyFigure(self.energy_j, self.low_j, self.high_j, self.coverage, self.duration_s,
                            _METHODS[self.method])


def _joules(value: float) -> str:
    for unit, size in (("MJ", 1e6), ("kJ", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.3g} J"


def _candidates() -> List[str]:
    here = pathlib.Path(__file__).resolve().parent
    checkout = here.parent.parent / "build"
    found = [str(path) for path in (here / _NAME, *(checkout / kind / "lib" / _NAME for kind in ("release", "dev")))
             if path.exists()]
    return found + [_NAME]


@functools.lru_cache(maxsize=None)
def _library() -> ctypes.CDLL:
    given = os.environ.get("FRUGAL_LIBRARY")
    tried = []
    for name in [given] if given else _candidates():
        try:
            library = ctypes.CDLL(name)
            break
        except OSError as failure:
            tried.append(f"{name}: {failure}")
    else:
        raise EnergyError("libfrugal_energy cannot be loaded; build it ('make build') or name it in FRUGAL_LIBRARY. "
                          "Tried: " + "; ".join(tried))
    if library.frugal_energy_abi() != _ABI:
        raise EnergyError(f"{library._name} speaks ABI {library.frugal_energy_abi()}, this package speaks {_ABI}: "
                          "install both from one version")
    handle, figure, size = ctypes.c_void_p, ctypes.POINTER(_CFigure), ctypes.c_size_t
    for name, result, arguments in (
            ("open", handle, [ctypes.c_char_p, ctypes.c_double, ctypes.c_char_p, size]),
            ("devices", size, [handle]), ("device", ctypes.c_char_p, [handle, size]),
            ("sensor", ctypes.c_char_p, [handle, size]), ("caveat", ctypes.c_char_p, [handle, size]),
            ("whole_machine", ctypes.c_int32, [handle, size]), ("begin", ctypes.c_int64, [handle]),
            ("end", ctypes.c_int32, [handle, ctypes.c_int64, figure, figure]), ("close", None, [handle]),
            ("co2e", ctypes.c_int32, [ctypes.c_double, ctypes.c_char_p, ctypes.c_double,
                                      ctypes.POINTER(ctypes.c_double), ctypes.c_char_p, size])):
        function = getattr(library, "frugal_energy_" + name)
        function.restype, function.argtypes = result, arguments
    return library


def _synchronise() -> None:
    """A GPU works on after the call returned; its joules belong to the window that asked for them."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()


class EnergyMeter:
    """Sensors that are being read. Windows may overlap; any thread may begin and end them.

    `devices` as for `frugal measure --devices`: "auto", "gpu0", "cpu0,dram0", "model", "sim:power=100W". A meter does
    not survive fork(): begin() in the child raises EnergyError.
    """

    def __init__(self, devices: str = "auto", interval_s: float = 0.1, synchronise: bool = True):
        self._handle = None
        self._library = _library()
        self._synchronise = _synchronise if synchronise else (lambda: None)
        message = ctypes.create_string_buffer(1000)
        self._handle = self._library.frugal_energy_open(devices.encode(), interval_s, message, len(message))
        if not self._handle:
            raise EnergyError(message.value.decode(errors="replace"))
        count = self._library.frugal_energy_devices(self._handle)
        self.devices = [self._library.frugal_energy_device(self._handle, i).decode() for i in range(count)]
        self.sensors = {name: self._library.frugal_energy_sensor(self._handle, i).decode()
                        for i, name in enumerate(self.devices)}
        caveats = [self._library.frugal_energy_caveat(self._handle, i).decode() for i in range(count)]
        self.caveats = [text for text in dict.fromkeys(caveats) if text]
        self._figures = _CFigure * count

    def begin(self) -> int:
        """Begins a window and returns its number."""
        self._need_open()
        self._synchronise()
        window = self._library.frugal_energy_begin(self._handle)
        if window < 0:
            raise EnergyError("this meter was opened before a fork(): open one in this process")
        return window

    def end(self, window: int) -> "Measurement":
        """Ends a window and returns its joules. EnergyError when it is not open."""
        self._need_open()
        self._synchronise()
        total, each = _CFigure(), self._figures()
        state = self._library.frugal_energy_end(self._handle, window, ctypes.byref(total), each)
        if state < 0:
            raise EnergyError(f"window {window} is not open")
        figures = ((name, each[i].figure()) for i, name in enumerate(self.devices))
        return Measurement(None if state == 1 else total.figure(), total.duration_s,
                           {name: figure for name, figure in figures if figure is not None}, list(self.caveats))

    def close(self) -> None:
        """Stops reading. Allowed more than once."""
        handle, self._handle = self._handle, None
        if handle:
            self._library.frugal_energy_close(handle)

    def _need_open(self) -> None:
        if not self._handle:
            raise EnergyError("the meter is closed")

    def __enter__(self) -> "EnergyMeter":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def __del__(self):
        self.close()


@dataclass
class Measurement:
    """What a window cost. Filled when the window ends; `total` is None when nothing could be measured."""

    total: Optional[EnergyFigure] = None
    duration_s: float = 0.0
    by_device: Dict[str, EnergyFigure] = field(default_factory=dict)
    caveats: List[str] = field(default_factory=list)

    @property
    def energy_j(self) -> Optional[float]:
        return None if self.total is None else self.total.energy_j

    @property
    def energy_wh(self) -> Optional[float]:
        return None if self.total is None else self.total.energy_j / 3600

    def __str__(self) -> str:
        return f"nothing was measured in {self.duration_s:.3g} s" if self.total is None else str(self.total)


_shared: Dict[tuple, EnergyMeter] = {}
_shared_lock = threading.Lock()


def _meter_for(devices: str, interval_s: float, synchronise: bool) -> EnergyMeter:
    """One meter a process and setting: opening sensors costs more than a window."""
    key = (os.getpid(), devices, interval_s, synchronise)
    with _shared_lock:
        if key not in _shared:
            _shared[key] = EnergyMeter(devices, interval_s, synchronise)
        return _shared[key]


class measure:  # noqa: N801 - used like a function
    """The joules of a block, or of every call of a function.

        with frugal.measure() as m:
            train()
        print(m.energy_j, m.total.low_j, m.by_device)

        @frugal.measure(report=print)
        def epoch(): ...

    A GPU that PyTorch uses is synchronised at both edges (`synchronise=False` leaves that to you). `report` is called
    with the Measurement when the block ends, also when it ends with an exception.
    """

    def __init__(self, devices: str = "auto", interval_s: float = 0.1, synchronise: bool = True, report=None):
        self._settings = (devices, interval_s, synchronise)
        self._report = report
        self._open: List[tuple] = []

    def __enter__(self) -> Measurement:
        meter = _meter_for(*self._settings)
        result = Measurement(caveats=list(meter.caveats))
        self._open.append((meter, meter.begin(), result))
        return result

    def __exit__(self, *_) -> None:
        meter, window, result = self._open.pop()
        result.__dict__.update(meter.end(window).__dict__)
        if self._report is not None:
            self._report(result)

    def __call__(self, function):
        @functools.wraps(function)
        def measured(*args, **kwargs):
            with measure(*self._settings, report=self._report):
                return function(*args, **kwargs)

        return measured


def co2e(energy_j: float, where: str, pue: float = 1.0) -> "tuple[float, str]":
    """Grams of CO2e of some joules in a country (ISO code or English name), "world" or at "120 g/kWh", and the source.

    EnergyError for an unknown place: none is guessed.
    """
    grams, source = ctypes.c_double(), ctypes.create_string_buffer(1000)
    state = _library().frugal_energy_co2e(energy_j / 3.6e6, where.encode(), pue, ctypes.byref(grams), source,
                                          len(source))
    text = source.value.decode(errors="replace")
    if state != 0:
        raise EnergyError(text)
    return grams.value, text
