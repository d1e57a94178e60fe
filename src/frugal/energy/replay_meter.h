// A recorded trace as a meter ("replay:FILE.csv"): what a device gave is given again, against the clock.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/meter.h"
#include "frugal/energy/trace.h"

namespace frugal {

// Time zero of the trace is `origin`, and `opened` on the clock. A read at the instant of a row gives that
// row; between two rows it gives the value on the straight line between them (a counter also over its wrap);
// it is a gap beside a row that is a gap, where a counter fell without a known range, in a hole of power that
// integrate() would not bridge, and before the first and after the last row. Read at every row it gives the
// joules of the trace; read otherwise, those of the straight lines. `clock` must outlive the meter.
class ReplayMeter final : public Meter {
 public:
  ReplayMeter(Trace trace, Instant origin, Instant opened, const Clock& clock);
  const MeterCard& card() const override { return trace_.card; }
  Reading read() override;

 private:
  Trace trace_;
  Duration hole_;  // between two rows of power: longer ones are not bridged
  std::int64_t shift_;
  const Clock& clock_;
  std::size_t next_ = 0;  // the first row behind the last read
};

// One meter per device of the file, in the order of their first rows; the earliest row of all is time zero.
// Errors: a file that cannot be read, and those of parse_trace_csv.
Result<std::vector<std::unique_ptr<Meter>>> open_replay(const std::string& path, const Clock& clock);

// The same for the text of a file.
Result<std::vector<std::unique_ptr<Meter>>> replay_of(std::string_view text, const std::string& name,
                                                      const Clock& clock);

}  // namespace frugal
