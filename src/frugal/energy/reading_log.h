// The readings of one meter, in order: added at the end, forgotten at the front, looked at as one span.
// Adding allocates only when more is kept than ever before; forgetting is constant in time on average: what
// is forgotten is skipped, and its room is used again once it is the larger part.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "frugal/energy/meter.h"

namespace frugal {

class ReadingLog {
 public:
  explicit ReadingLog(std::size_t room) { readings_.reserve(room); }

  bool empty() const { return first_ == readings_.size(); }
  const Reading& back() const { return readings_.back(); }
  std::span<const Reading> view() const { return std::span(readings_).subspan(first_); }
  std::size_t room() const { return readings_.capacity(); }

  void add(const Reading& reading) {
    const bool full = readings_.size() == readings_.capacity();
    if (full && 2 * first_ >= readings_.size()) compact();
    readings_.push_back(reading);
  }
  // Forgets the first `count` readings of view().
  void forget(std::size_t count) {
    first_ += count;
    forgotten_ += count;
  }
  // Readings have numbers in the order of their arrival, from 0: that of the first one of view().
  std::size_t first_number() const { return forgotten_; }

 private:
  void compact() {
    readings_.erase(readings_.begin(), readings_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }

  std::vector<Reading> readings_;
  std::size_t first_ = 0;
  std::size_t forgotten_ = 0;
};

}  // namespace frugal
