#include "frugal/energy/perf_events.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace frugal {
namespace {

class KernelPerfEvents final : public PerfEvents {
 public:
  int open(std::uint32_t type, std::uint64_t config, int cpu) override {
    perf_event_attr wanted{};
    wanted.size = sizeof wanted;
    wanted.type = type;
    wanted.config = config;
    constexpr int kEveryProcess = -1;
    constexpr int kNoGroup = -1;
    const long descriptor =
        syscall(SYS_perf_event_open, &wanted, kEveryProcess, cpu, kNoGroup, PERF_FLAG_FD_CLOEXEC);
    return descriptor < 0 ? -errno : static_cast<int>(descriptor);
  }
  std::optional<std::uint64_t> read(int descriptor) override {
    std::uint64_t count = 0;
    if (::read(descriptor, &count, sizeof count) != sizeof count) return std::nullopt;
    return count;
  }
  void close(int descriptor) override { ::close(descriptor); }
};

}  // namespace

PerfEvents& kernel_perf_events() {
  static KernelPerfEvents events;
  return events;
}

PerfMeter::PerfMeter(MeterCard card, int descriptor, double joules_per_count, PerfEvents& events,
                     const Clock& clock)
    : card_(std::move(card)),
      descriptor_(descriptor),
      joules_per_count_(joules_per_count),
      events_(events),
      clock_(clock) {}

PerfMeter::~PerfMeter() { events_.close(descriptor_); }

Reading PerfMeter::read() {
  const std::optional<std::uint64_t> count = events_.read(descriptor_);
  Reading reading{.at = clock_.now()};
  if (count) reading.counter = Joules(static_cast<double>(*count) * joules_per_count_);
  return reading;
}

}  // namespace frugal
