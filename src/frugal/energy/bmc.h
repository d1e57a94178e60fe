// The port to a board management controller (BMC) as the kernel's IPMI driver shows it, and the meter that
// asks it for the power of the node: DCMI "Get Power Reading" (Data Center Manageability
// Interface 1.5, 6.6.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/meter.h"

namespace frugal {

struct BmcAnswer {
  long question = 0;  // the number that ask() was given
  std::array<std::uint8_t, 64> bytes = {};
  std::size_t size = 0;  // bytes[0] is the completion code
};

class Bmc {
 public:
  virtual ~Bmc() = default;
  // Sends a request and does not wait; false where the driver refuses it.
  virtual bool ask(long question, std::uint8_t function, std::uint8_t command,
                   std::span<const std::uint8_t> data) = 0;
  // An answer that is there, or nothing.
  virtual std::optional<BmcAnswer> answer() = 0;
  virtual void wait(Duration time) = 0;
};

using OpenBmc = std::function<Result<std::unique_ptr<Bmc>>(const std::string& path)>;
// Opens /dev/ipmi0 and its like; NeedRights where a permission is missing.
Result<std::unique_ptr<Bmc>> open_kernel_bmc(const std::string& path);

// The watts of an answer to Get Power Reading; an error says what is wrong with it.
Result<Watts> dcmi_power(const BmcAnswer& answer);

// Power that the BMC tells. A BMC takes milliseconds to answer, so read() never waits: it asks once a second,
// and gives the latest answer until that is older than three seconds. One thread.
class DcmiMeter final : public Meter {
 public:
  // Asks and waits up to a second for a first answer. `clock` must outlive the meter.
  static Result<std::unique_ptr<Meter>> open(MeterCard card, std::unique_ptr<Bmc> bmc, const Clock& clock);
  const MeterCard& card() const override { return card_; }
  Reading read() override;

 private:
  DcmiMeter(MeterCard card, std::unique_ptr<Bmc> bmc, const Clock& clock);
  bool ask(Instant now);

  MeterCard card_;
  std::unique_ptr<Bmc> bmc_;
  const Clock& clock_;
  long question_ = 0;
  Instant asked_;
  Instant answered_;
  std::optional<Watts> power_;
};

}  // namespace frugal
