// Reads meters over time and answers what a window cost. Owns the meters, their traces and one sampling
// thread. Never throws because of a meter: one that fails leaves gaps in its trace.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/energy/figure.h"
#include "frugal/energy/meter.h"
#include "frugal/energy/reading_log.h"
#include "frugal/energy/trace.h"

namespace frugal {

struct DeviceFigure {
  std::string device;
  EnergyFigure figure;
};

// Whether the joules of a meter are added to totals: a meter of the whole machine sees what the others see,
// so it counts only where it stands alone (several such meters: the first).
bool is_part_of_total(const std::vector<MeterCard>& cards, std::size_t meter);
// The sum of the parts among figures of one window; nothing where no part was measured.
std::optional<EnergyFigure> sum_of_parts(const std::vector<MeterCard>& cards,
                                         const std::vector<DeviceFigure>& figures);

// All functions may be called from any thread, but start() and stop() from one. Works without a thread too:
// poll() and mark() read by hand. `clock` must outlive the recorder. Memory: 40 bytes a reading and meter
// that is not forgotten (24 MB a day at 100 ms); polling allocates only when more is kept than ever before.
class Recorder {
 public:
  // Takes a first reading of every meter.
  Recorder(std::vector<std::unique_ptr<Meter>> meters, const Clock& clock);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Polls every `interval` on average from now on; the single steps vary by ±25 %, so that polling cannot
  // fall in step with the load. Restarts with the new interval when it runs already; an interval ≤ 0 only
  // stops.
  void start(Duration interval);
  // Returns when the thread has ended: at once, or after the read that it is in. The traces stay.
  void stop();

  // Reads every meter once.
  void poll();
  // Reads every meter and returns the instant before the reads: the edge of a phase.
  Instant mark();
  // Meters that attribute joules to a process follow `pid` and its descendants from now on; 0: nobody.
  void watch(int pid);

  // Joules per device, in the order of the meters; a device of which nothing was measured is left out.
  std::vector<DeviceFigure> energy(Window window) const;
  // The same for many windows from one state of the traces: adjacent windows add up to the joined window.
  std::vector<std::vector<DeviceFigure>> energies(std::span<const Window> windows) const;

  const std::vector<MeterCard>& cards() const { return cards_; }
  std::vector<Trace> traces() const;
  // Readings have numbers in the order of the polls, from 0, each meter its own. Copies those from `next` on
  // (one number a meter) that are not forgotten, and moves `next` behind them.
  std::vector<Trace> traces_from(std::vector<std::size_t>& next) const;
  // The number of the first reading of each meter that a window which begins at `begin` needs.
  std::vector<std::size_t> first_needed(Instant begin) const;
  // Meters whose counter and power disagree in the window, in words (cross_check.h).
  std::vector<std::string> disagreements(Window window) const;
  // Drops readings that no window from `instant` on needs. Cheap: it may be called after every window.
  void forget_before(Instant instant);

 private:
  void run(Duration interval);
  void append(const std::vector<Reading>& readings);
  TraceView view(std::size_t meter) const;

  const Clock& clock_;
  std::vector<MeterCard> cards_;

  std::mutex meters_mutex_;  // one reader at a time; taken before traces_mutex_
  std::vector<std::unique_ptr<Meter>> meters_;
  std::vector<Reading> latest_;  // one per meter, so that polling allocates nothing

  mutable std::mutex traces_mutex_;
  std::vector<ReadingLog> readings_;
  Duration interval_{0};

  std::mutex stop_mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace frugal
