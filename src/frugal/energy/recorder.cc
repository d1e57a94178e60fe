#include "frugal/energy/recorder.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "frugal/base/rng.h"
#include "frugal/energy/cross_check.h"

namespace frugal {
namespace {

constexpr std::size_t kReserved = 1 << 14;  // half an hour at 100 ms; then it doubles
constexpr double kShortestStep = 0.75;      // of the interval
constexpr double kStepRange = 0.5;

// A meter must not throw; one that does is a gap and never the end of a training.
Reading safe_read(Meter& meter, const Clock& clock) {
  try {
    return meter.read();
  } catch (...) {
    return Reading{.at = clock.now()};
  }
}

// Signals belong to the program's own threads: the sampling thread inherits a mask that blocks them all.
std::thread thread_without_signals(auto body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

bool is_part_of_total(const std::vector<MeterCard>& cards, std::size_t meter) {
  if (!cards[meter].whole_machine) return true;
  const bool alone =
      std::all_of(cards.begin(), cards.end(), [](const auto& card) { return card.whole_machine; });
  return alone && meter == 0;
}

std::optional<EnergyFigure> sum_of_parts(const std::vector<MeterCard>& cards,
                                         const std::vector<DeviceFigure>& figures) {
  std::vector<EnergyFigure> parts;
  for (const DeviceFigure& one : figures) {
    for (std::size_t i = 0; i < cards.size(); ++i) {
      if (cards[i].device == one.device && is_part_of_total(cards, i)) parts.push_back(one.figure);
    }
  }
  return sum_of_devices(parts);
}

Recorder::Recorder(std::vector<std::unique_ptr<Meter>> meters, const Clock& clock)
    : clock_(clock),
      meters_(std::move(meters)),
      latest_(meters_.size()),
      readings_(meters_.size(), ReadingLog(0)) {
  for (const std::unique_ptr<Meter>& meter : meters_) cards_.push_back(meter->card());
  for (ReadingLog& readings : readings_) readings = ReadingLog(kReserved);
  poll();
}

Recorder::~Recorder() { stop(); }

void Recorder::start(Duration interval) {
  stop();
  if (interval.value() <= 0 || meters_.empty()) return;
  {
    const std::scoped_lock lock(traces_mutex_);
    interval_ = interval;
  }
  stopping_ = false;
  thread_ = thread_without_signals([this, interval] { run(interval); });
}

void Recorder::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(stop_mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Recorder::run(Duration interval) {
  using Steady = std::chrono::steady_clock;
  Rng steps(derive_seed(0, "recorder steps"));
  Steady::time_point next = Steady::now();
  std::unique_lock lock(stop_mutex_);
  while (true) {
    const std::chrono::duration<double> step(interval.value() *
                                             (kShortestStep + kStepRange * steps.uniform()));
    next += std::chrono::duration_cast<Steady::duration>(step);
    next = std::max(next, Steady::now());  // polls that were missed are not made up for
    if (wake_.wait_until(lock, next, [this] { return stopping_; })) return;
    lock.unlock();
    poll();
    lock.lock();
  }
}

void Recorder::poll() {
  const std::scoped_lock lock(meters_mutex_);
  for (std::size_t i = 0; i < meters_.size(); ++i) latest_[i] = safe_read(*meters_[i], clock_);
  append(latest_);
}

Instant Recorder::mark() {
  const std::scoped_lock lock(meters_mutex_);
  const Instant now = clock_.now();
  for (std::size_t i = 0; i < meters_.size(); ++i) latest_[i] = safe_read(*meters_[i], clock_);
  append(latest_);
  return now;
}

void Recorder::append(const std::vector<Reading>& readings) {
  const std::scoped_lock lock(traces_mutex_);
  for (std::size_t i = 0; i < readings.size(); ++i) {
    if (!readings_[i].empty() && readings[i].at < readings_[i].back().at) continue;
    readings_[i].add(readings[i]);
  }
}

void Recorder::watch(int pid) {
  const std::scoped_lock lock(meters_mutex_);
  for (const std::unique_ptr<Meter>& meter : meters_) meter->watch(pid);
}

TraceView Recorder::view(std::size_t meter) const {
  return {.card = cards_[meter], .readings = readings_[meter].view(), .interval = interval_};
}

std::vector<DeviceFigure> Recorder::energy(Window window) const {
  return std::move(energies(std::span(&window, 1)).front());
}

std::vector<std::vector<DeviceFigure>> Recorder::energies(std::span<const Window> windows) const {
  std::vector<std::vector<DeviceFigure>> all(windows.size());
  const std::scoped_lock lock(traces_mutex_);
  for (std::size_t w = 0; w < windows.size(); ++w) {
    for (std::size_t i = 0; i < cards_.size(); ++i) {
      std::optional<EnergyFigure> figure = integrate(view(i), windows[w]);
      if (figure) all[w].push_back({cards_[i].device, std::move(*figure)});
    }
  }
  return all;
}

std::vector<Trace> Recorder::traces() const {
  const std::scoped_lock lock(traces_mutex_);
  std::vector<Trace> all;
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    const std::span<const Reading> kept = readings_[i].view();
    all.push_back({cards_[i], {kept.begin(), kept.end()}, interval_});
  }
  return all;
}

std::vector<Trace> Recorder::traces_from(std::vector<std::size_t>& next) const {
  const std::scoped_lock lock(traces_mutex_);
  std::vector<Trace> all;
  next.resize(cards_.size(), 0);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    const std::span<const Reading> kept = readings_[i].view();
    const std::size_t first = readings_[i].first_number();
    const std::size_t skip = std::min(next[i] > first ? next[i] - first : 0, kept.size());
    all.push_back({cards_[i], {kept.begin() + static_cast<std::ptrdiff_t>(skip), kept.end()}, interval_});
    next[i] = first + kept.size();
  }
  return all;
}

std::vector<std::size_t> Recorder::first_needed(Instant begin) const {
  const std::scoped_lock lock(traces_mutex_);
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < cards_.size(); ++i)
    numbers.push_back(readings_[i].first_number() + frugal::first_needed(view(i), begin));
  return numbers;
}

std::vector<std::string> Recorder::disagreements(Window window) const {
  std::vector<std::string> found;
  const std::scoped_lock lock(traces_mutex_);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    if (std::optional<std::string> text = disagreement(view(i), window)) found.push_back(std::move(*text));
  }
  return found;
}

void Recorder::forget_before(Instant instant) {
  const std::scoped_lock lock(traces_mutex_);
  for (std::size_t i = 0; i < cards_.size(); ++i) {
    readings_[i].forget(frugal::first_needed(view(i), instant));
  }
}

}  // namespace frugal
