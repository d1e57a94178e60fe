#include "frugal/energy/phases.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

namespace frugal {
namespace {

constexpr std::array<std::string_view, 4> kPhases{"explore", "train", "evaluate", "load"};
constexpr const char* kOther = "other";

// One device over several windows: the sum of what was measured, and the time in which nothing was.
struct DeviceSum {
  std::vector<EnergyFigure> figures;
  Duration unmeasured{0};
};

const EnergyFigure* figure_of(const std::vector<DeviceFigure>& figures, const std::string& device) {
  for (const DeviceFigure& one : figures) {
    if (one.device == device) return &one.figure;
  }
  return nullptr;
}

// A device that was not measured at all is a summand of 0 J with coverage 0 and the joules it may have drawn
// in `high`: the sum of the others must not pass for the whole.
EnergyFigure unseen(const MeterCard& card, Duration time) {
  const Joules high = card.max_power.value_or(Watts(0)) * time;
  return {.value = Joules(0),
          .low = Joules(0),
          .high = high,
          .coverage = 0,
          .method = card.method,
          .sensor = card.sensor,
          .duration = time};
}

std::optional<EnergyFigure> over_devices(const std::vector<MeterCard>& cards,
                                         const std::vector<DeviceSum>& sums) {
  std::vector<EnergyFigure> summands;
  bool any = false;
  for (std::size_t i = 0; i < cards.size(); ++i) {
    if (const auto measured = sum_of_windows(sums[i].figures)) {
      summands.push_back(with_unmeasured(*measured, sums[i].unmeasured, cards[i].max_power));
      any = true;
    } else {
      summands.push_back(unseen(cards[i], sums[i].unmeasured));
    }
  }
  return any ? sum_of_devices(summands) : std::nullopt;
}

void add_window(const std::vector<MeterCard>& cards, const std::vector<DeviceFigure>& figures, Window window,
                std::vector<DeviceSum>& sums) {
  sums.resize(cards.size());
  for (std::size_t i = 0; i < cards.size(); ++i) {
    if (const EnergyFigure* figure = figure_of(figures, cards[i].device)) {
      sums[i].figures.push_back(*figure);
    } else {
      sums[i].unmeasured += window.length();
    }
  }
}

}  // namespace

PhaseAccount::PhaseAccount(Recorder& recorder)
    : recorder_(recorder), since_(recorder.mark()), segment_begin_(since_) {}

std::string PhaseAccount::booked_as() const {
  const bool known = std::find(kPhases.begin(), kPhases.end(), open_) != kPhases.end();
  return known ? open_ : kOther;
}

void PhaseAccount::close(Instant now) {
  if (now > segment_begin_) segments_.push_back({booked_as(), {segment_begin_, now}});
  segment_begin_ = now;
}

Status PhaseAccount::begin(std::string_view name) {
  if (name.empty()) return bad_input("a phase needs a name");
  if (!open_.empty()) {
    return bad_input("the phase '" + std::string(name) + "' cannot begin: '" + open_ + "' is still open");
  }
  close(recorder_.mark());
  open_ = name;
  return {};
}

Status PhaseAccount::end(std::string_view name) {
  if (open_.empty() || open_ != name) {
    return bad_input("the phase '" + std::string(name) + "' cannot end: " +
                     (open_.empty() ? "no phase is open" : "'" + open_ + "' is the open one"));
  }
  close(recorder_.mark());
  open_.clear();
  return {};
}

EnergyReport PhaseAccount::report_until(Instant now) const {
  std::vector<Window> windows{{since_, now}};
  for (const Segment& segment : segments_) windows.push_back(segment.window);
  const std::vector<std::vector<DeviceFigure>> figures = recorder_.energies(windows);
  const std::vector<MeterCard>& cards = recorder_.cards();

  EnergyReport report;
  std::map<std::string, std::vector<DeviceSum>> phases;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    report.durations[segments_[i].phase] += segments_[i].window.length();
    add_window(cards, figures[i + 1], segments_[i].window, phases[segments_[i].phase]);
  }
  for (const auto& [phase, sums] : phases) {
    if (auto figure = over_devices(cards, sums)) report.by_phase.emplace(phase, std::move(*figure));
  }
  std::vector<DeviceSum> whole;
  add_window(cards, figures.front(), windows.front(), whole);
  report.total = over_devices(cards, whole);
  for (const DeviceFigure& one : figures.front()) report.by_device.emplace(one.device, one.figure);
  return report;
}

EnergyReport PhaseAccount::report() {
  const Instant now = recorder_.mark();
  close(now);
  return report_until(now);
}

EnergyReport PhaseAccount::take() {
  const Instant now = recorder_.mark();
  close(now);
  EnergyReport report = report_until(now);
  since_ = now;
  segments_.clear();
  return report;
}

}  // namespace frugal
