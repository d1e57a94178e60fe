#include "frugal/energy/phases.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <utility>

namespace frugal {
namespace {

constexpr std::array<std::string_view, 4> kPhases{"explore", "train", "evaluate", "load"};
constexpr const char* kOther = "other";
constexpr double kLatePeriods = 6;  // of the slowest sensor …
constexpr double kLateWindows = 2;  // … with what it looks back

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
    if (!is_part_of_total(cards, i)) continue;
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

EnergyFigure* find_figure(std::vector<DeviceFigure>& figures, const std::string& device) {
  for (DeviceFigure& one : figures) {
    if (one.device == device) return &one.figure;
  }
  return nullptr;
}

void shift(EnergyFigure& figure, Joules by) {
  figure.value += by;
  figure.low = std::min(figure.value, std::max(Joules(0), figure.low + by));
  figure.high = std::max(figure.value, figure.high + by);
}

// Adds `joules` to the device's largest part and to its whole, as far as the part stays above 0 J.
// Returns what was added.
Joules correct(const std::string& device, Joules joules, std::vector<DeviceFigure>& whole,
               std::span<std::vector<DeviceFigure>> parts) {
  EnergyFigure* all = find_figure(whole, device);
  EnergyFigure* largest = nullptr;
  for (std::vector<DeviceFigure>& part : parts) {
    EnergyFigure* figure = find_figure(part, device);
    if (figure != nullptr && (largest == nullptr || figure->value > largest->value)) largest = figure;
  }
  if (all == nullptr || largest == nullptr) return Joules(0);
  const Joules added = std::max(joules, -std::max(Joules(0), largest->value));
  shift(*largest, added);
  shift(*all, added);
  return added;
}

}  // namespace

PhaseAccount::PhaseAccount(Recorder& recorder)
    : recorder_(recorder), since_(recorder.mark()), segment_begin_(since_), late_{since_, since_} {}

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
  edges_.push_back({segment_begin_, booked_as()});
  return {};
}

Status PhaseAccount::end(std::string_view name) {
  if (open_.empty() || open_ != name) {
    return bad_input("the phase '" + std::string(name) + "' cannot end: " +
                     (open_.empty() ? "no phase is open" : "'" + open_ + "' is the open one"));
  }
  close(recorder_.mark());
  open_.clear();
  edges_.push_back({segment_begin_, kOther});
  return {};
}

// The window in which a sensor with a period may still change its mind.
Window PhaseAccount::late_until(Instant now) const {
  Duration late;
  for (const MeterCard& card : recorder_.cards()) {
    if (card.period.value() <= 0) continue;
    late = std::max({late, kLatePeriods * card.period, kLateWindows * (card.period + card.window)});
  }
  return {now - late, now};
}

PhaseAccount::JoulesByDevice PhaseAccount::correction(const std::vector<DeviceFigure>& late_now) const {
  JoulesByDevice corrections = owed_;
  for (const DeviceFigure& one : late_now) corrections[one.device] += one.figure.value;
  for (const auto& [device, joules] : late_booked_) corrections[device] -= joules;
  return corrections;
}

PhaseAccount::Booking PhaseAccount::book(Instant now) const {
  std::vector<Window> windows{{since_, now}, late_, late_until(now)};
  for (const Segment& segment : segments_) windows.push_back(segment.window);
  std::vector<std::vector<DeviceFigure>> figures = recorder_.energies(windows);
  const std::vector<MeterCard>& cards = recorder_.cards();
  std::vector<DeviceFigure>& whole = figures.front();
  const std::span<std::vector<DeviceFigure>> parts = std::span(figures).subspan(3);

  Booking booking;
  booking.owed = correction(figures[1]);
  for (auto& [device, joules] : booking.owed) joules -= correct(device, joules, whole, parts);
  for (const DeviceFigure& one : figures[2]) booking.late[one.device] = one.figure.value;

  EnergyReport& report = booking.report;
  std::map<std::string, std::vector<DeviceSum>> phases;
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    report.durations[segments_[i].phase] += segments_[i].window.length();
    add_window(cards, parts[i], segments_[i].window, phases[segments_[i].phase]);
  }
  for (const auto& [phase, sums] : phases) {
    if (auto figure = over_devices(cards, sums)) report.by_phase.emplace(phase, std::move(*figure));
  }
  std::vector<DeviceSum> all;
  add_window(cards, whole, windows.front(), all);
  report.total = over_devices(cards, all);
  for (const DeviceFigure& one : whole) report.by_device.emplace(one.device, one.figure);
  return booking;
}

EnergyReport PhaseAccount::report() {
  const Instant now = recorder_.mark();
  close(now);
  return book(now).report;
}

EnergyReport PhaseAccount::take() {
  const Instant now = recorder_.mark();
  close(now);
  Booking booking = book(now);
  owed_ = std::move(booking.owed);
  late_booked_ = std::move(booking.late);
  late_ = late_until(now);
  since_ = now;
  segments_.clear();
  edges_.clear();
  if (!open_.empty()) edges_.push_back({now, booked_as()});
  return std::move(booking.report);
}

}  // namespace frugal
