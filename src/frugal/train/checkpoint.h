// The file a trial is saved to: a JSON header and one block of floats, sealed by a checksum. No torch here.
// The write is atomic (temporary file and rename) and not synced: a file that a power cut damaged is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/space/point.h"

namespace frugal {

struct CheckpointHeader {
  std::string model;
  std::string dataset;
  std::uint64_t seed = 0;
  int epoch = 0;             // epochs trained
  std::int64_t updates = 0;  // optimiser steps taken
  Point point;
  std::vector<std::int64_t> shape =
      {};  // channels, height, width, classes, second classes, words, 1: regression
};

// The state is where the file is mapped into memory: 90 MB are not copied to be looked at.
struct Checkpoint {
  CheckpointHeader header;
  std::span<const float> state;
  std::shared_ptr<const void> owner;  // of what `state` shows
};

// An error (disk full, no such folder) leaves whatever was at `path` before.
Status write_checkpoint(const std::string& path, const CheckpointHeader& header,
                        std::span<const float> state);

// "checkpoint PATH is damaged: …" when a byte is missing or changed.
Result<Checkpoint> read_checkpoint(const std::string& path);

}  // namespace frugal
