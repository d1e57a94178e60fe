// One AMD board: its energy counter where it has one, with its power beside it where that can be asked; else
// its power alone. The joules are the board's, whoever uses it; on a board with two dies the primary has them
// all.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "frugal/base/clock.h"
#include "frugal/base/result.h"
#include "frugal/energy/amd_api.h"
#include "frugal/energy/meter.h"

namespace frugal {

struct AmdBoard {
  unsigned die = 0;                        // the primary, or only, one
  std::optional<unsigned> secondary = {};  // whose joules are in the primary's
  std::string name = {};
  bool half_visible = false;  // the training sees one die of two
};

// A call that fails leaves a gap; reading goes on.
class AmdMeter final : public Meter {
 public:
  // `device` is the name of its joules ("gpu2"). Tries each sensor once; NeedRights with the library's own
  // words when the board has none that works. `clock` must outlive the meter.
  static Result<std::unique_ptr<AmdMeter>> open(std::shared_ptr<AmdApi> amd, const AmdBoard& board,
                                                const std::string& device, const Clock& clock);

  const MeterCard& card() const override { return card_; }
  Reading read() override;

 private:
  AmdMeter(std::shared_ptr<AmdApi> amd, unsigned die, const Clock& clock)
      : amd_(std::move(amd)), die_(die), clock_(clock) {}
  void fill_card(const AmdBoard& board, const std::string& device, AmdPower kind);

  std::shared_ptr<AmdApi> amd_;
  unsigned die_;
  const Clock& clock_;
  MeterCard card_;
  bool counter_ = false;
  bool power_ = false;
};

}  // namespace frugal
