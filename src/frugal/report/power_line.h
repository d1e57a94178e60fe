// Power over time out of the traces of a trial's attempts: the arithmetic of look_closely().
#pragma once

#include "frugal/report/close_look.h"

namespace frugal {

// An attempt and where its time begins on the axis of its trial.
struct PlacedTrace {
  WorkTrace trace;
  Duration begin;
  Duration length;
};

// Sets bucket, lines and spans of `trial` from its attempts; `length` is set already.
void draw_power(CloseTrial& trial, std::span<const PlacedTrace> attempts);

}  // namespace frugal
