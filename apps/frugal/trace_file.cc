#include "frugal/trace_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "frugal/energy/trace_csv.h"

namespace frugal::app {

TraceFile::TraceFile(std::string path, std::ofstream stream, Instant origin)
    : path_(std::move(path)), stream_(std::move(stream)), origin_(origin) {}

Result<TraceFile> TraceFile::open(const std::string& path, Instant origin) {
  std::ofstream stream(path, std::ios::trunc);
  if (!stream) return bad_input("'" + path + "' cannot be written: " + std::strerror(errno));
  return TraceFile(path, std::move(stream), origin);
}

void TraceFile::append(const std::vector<Trace>& traces) {
  std::vector<Trace> fresh = traces;
  for (Trace& trace : fresh) {
    const auto before = written_.find(trace.card.device);
    if (before != written_.end()) {
      std::erase_if(trace.readings, [&](const Reading& reading) { return reading.at <= before->second; });
    }
  }
  std::ostringstream text;
  write_trace_csv(text, fresh, origin_);
  // The header belongs to the first rows alone.
  const std::string rows = text.str();
  stream_ << (written_.empty() ? rows : rows.substr(rows.find('\n') + 1));
  stream_.flush();
  for (const Trace& trace : fresh) {
    if (!trace.readings.empty()) written_[trace.card.device] = trace.readings.back().at;
  }
}

}  // namespace frugal::app
