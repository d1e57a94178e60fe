/* Frugal's joule meter for programs in C and whatever can call C: open, begin, end, close.
 *
 * A window is the time between a begin and its end; windows may overlap, nest, and be begun and ended by any thread.
 * One handle reads its sensors in one thread of its own. In a child made by fork() the handle is dead: begin and end
 * say so, close does nothing there. A device that computes asynchronously (a GPU) must be synchronised by the caller
 * before begin and end. All joules are at least zero and carry how they were found. */
#ifndef FRUGAL_ENERGY_H
#define FRUGAL_ENERGY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FRUGAL_ENERGY_ABI 1

typedef struct frugal_energy frugal_energy;

/* How joules were found. A model is no measurement: it guesses from load. */
enum { FRUGAL_COUNTER = 0, FRUGAL_INTEGRAL = 1, FRUGAL_MODEL = 2 };

typedef struct frugal_energy_figure {
  double energy_j;   /* joules of the window */
  double low_j;      /* the truth lies between low_j … */
  double high_j;     /* … and high_j, as far as the sensor's error is known */
  double coverage;   /* measured time / window time, 0 … 1; at 0 the joules mean nothing */
  double duration_s; /* of the window */
  int32_t method;    /* FRUGAL_COUNTER, FRUGAL_INTEGRAL or FRUGAL_MODEL; of a sum, the weakest */
  int32_t reserved;
} frugal_energy_figure;

/* The ABI of the loaded library, to be compared with FRUGAL_ENERGY_ABI. */
int32_t frugal_energy_abi(void);

/* Opens sensors and begins to read them. `devices` is a list as for `frugal measure --devices`; NULL means "auto".
 * `interval_s` is the time between two readings; 0 means 0.1. Returns NULL on failure with the reason in `message`
 * (at most `size` bytes with the closing zero; may be NULL). */
frugal_energy* frugal_energy_open(const char* devices, double interval_s, char* message, size_t size);

/* The devices that are read: their number, name ("gpu0"), sensor in words, and what must be said of its joules (or an
 * empty string). The strings live as long as the handle. NULL when `device` is out of range. */
size_t frugal_energy_devices(const frugal_energy* handle);
const char* frugal_energy_device(const frugal_energy* handle, size_t device);
const char* frugal_energy_sensor(const frugal_energy* handle, size_t device);
const char* frugal_energy_caveat(const frugal_energy* handle, size_t device);
/* 1 when the device sees what others see too (a whole machine): its joules are not in the total. */
int32_t frugal_energy_whole_machine(const frugal_energy* handle, size_t device);

/* Begins a window: its number (≥ 1), or -1 in a forked child. */
int64_t frugal_energy_begin(frugal_energy* handle);

/* Ends a window. Fills `total` (may be NULL) and, when `by_device` is not NULL, one figure a device. Returns 0; -1 when
 * no such window is open or in a forked child; 1 when nothing was measured (coverage is 0 then). */
int32_t frugal_energy_end(frugal_energy* handle, int64_t window, frugal_energy_figure* total,
                          frugal_energy_figure* by_device);

/* Stops reading and frees the handle; NULL is allowed. */
void frugal_energy_close(frugal_energy* handle);

/* Grams of CO2e of some kWh in a country (ISO code or English name), "world", or at "120 g/kWh"; `pue` ≥ 1. Returns 0
 * and fills `grams` and, when not NULL, `source` (place, year, origin); -1 with the reason in `source` otherwise. */
int32_t frugal_energy_co2e(double kwh, const char* where, double pue, double* grams, char* source, size_t size);

#ifdef __cplusplus
}
#endif

#endif
