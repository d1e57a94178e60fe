#include "frugal/energy/cross_check.h"

#include <cmath>
#include <utility>

#include "frugal/base/units_text.h"

namespace frugal {
namespace {

constexpr double kLeastCoverage = 0.9;

// The card of the power that comes with a counter. Both look at one board: its gain is in both errors.
MeterCard power_card_of(const MeterCard& card) {
  MeterCard power = card;
  power.method = Method::Integral;
  power.period = card.power->period;
  power.window = card.power->window;
  power.counter_range.reset();
  return power;
}

}  // namespace

std::optional<CrossCheck> cross_check(const TraceView& trace, Window window) {
  if (trace.card.method != Method::Counter || !trace.card.power) return std::nullopt;
  const MeterCard card = power_card_of(trace.card);
  auto counter = integrate(trace, window);
  auto power =
      integrate(TraceView{.card = card, .readings = trace.readings, .interval = trace.interval}, window);
  if (!counter || !power || counter->method != Method::Counter) return std::nullopt;
  if (counter->coverage < kLeastCoverage || power->coverage < kLeastCoverage) return std::nullopt;
  CrossCheck check{.counter = std::move(*counter), .power = std::move(*power)};
  if (check.counter.value.value() != 0) check.difference = check.power.value / check.counter.value - 1;
  check.agrees = check.power.low <= check.counter.high && check.counter.low <= check.power.high;
  return check;
}

std::optional<std::string> disagreement(const TraceView& trace, Window window) {
  const std::optional<CrossCheck> check = cross_check(trace, window);
  if (!check || check->agrees) return std::nullopt;
  return trace.card.device + ": its counter says " + to_text(check->counter.value) + " (" +
         to_text(check->counter.low) + " to " + to_text(check->counter.high) + "), its power (" +
         trace.card.power->field + ") " + to_text(check->power.value) + " (" + to_text(check->power.low) +
         " to " + to_text(check->power.high) + ") over " + to_text(window.length()) +
         ": one of the two is wrong";
}

}  // namespace frugal
