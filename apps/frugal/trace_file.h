// The trace of a measurement as a CSV file that grows while the command runs: a killed measurement keeps its
// rows.
#pragma once

#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/energy/trace.h"

namespace frugal::app {

class TraceFile {
 public:
  // FixInput when the file cannot be written. Times are counted from `origin`.
  static Result<TraceFile> open(const std::string& path, Instant origin);
  // Writes the readings that are newer than those written before; whether all went well so far.
  void append(const std::vector<Trace>& traces);
  bool good() const { return static_cast<bool>(stream_); }
  const std::string& path() const { return path_; }

 private:
  TraceFile(std::string path, std::ofstream stream, Instant origin);

  std::string path_;
  std::ofstream stream_;
  Instant origin_;
  std::map<std::string, Instant> written_;  // per device: up to here
};

}  // namespace frugal::app
