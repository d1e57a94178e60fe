// What an agent has still to tell of its readings: `trace` events of the protocol, each as long as a second
// is. Nothing is told twice, but for the few readings that the begin of a new account needs.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "frugal/energy/recorder.h"
#include "frugal/energy/work_trace.h"

namespace frugal {

// Used by one thread; the recorder must outlive it.
class TraceFeed {
 public:
  explicit TraceFeed(const Recorder& recorder) : recorder_(recorder) {}

  // Calls `send` with the lines that tell what was read and which phases began since the last call, in the
  // time of an account that began at `begin` and has had these `edges`; the first line tells the sensors too.
  // A line holds at most 20,000 readings, so that a study that did not listen for a day gets no endless one.
  void tell(Instant begin, std::span<const PhaseEdge> edges,
            const std::function<void(const std::string& line)>& send);
  // The account begins anew; to be called before the recorder forgets.
  void begin_anew(Instant begin);

 private:
  const Recorder& recorder_;
  bool introduced_ = false;
  std::vector<std::size_t> next_;  // number of the next reading of each meter
  std::size_t told_edges_ = 0;
};

}  // namespace frugal
