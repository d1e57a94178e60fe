// The fake of the AMD port: dies that answer what a test wrote into them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "frugal/energy/amd_api.h"

namespace frugal {

struct ScriptedDie {
  std::string name = "AMD Instinct MI250X";
  std::uint64_t unique_id = 0;  // 0: cannot be asked
  std::uint64_t bdf = 0;
  std::optional<Joules> energy = Joules(1000);  // empty: cannot be asked
  std::optional<Watts> power = Watts(90);
  AmdPower kind = AmdPower::Average;
  std::optional<Watts> cap = Watts(560);
  AmdCode lost = kAmdSuccess;  // what every sensor answers
};

class ScriptedAmd final : public AmdApi {
 public:
  static constexpr AmdCode kNotSupported = 2;
  std::vector<ScriptedDie> dies;

  std::string library() override { return "rocm-smi"; }
  std::string error_text(AmdCode code) override {
    return code == kNotSupported ? "not supported" : "code " + std::to_string(code);
  }
  AmdCode die_count(unsigned& count) override {
    count = static_cast<unsigned>(dies.size());
    return kAmdSuccess;
  }
  AmdCode name(unsigned die, std::string& name) override {
    name = dies.at(die).name;
    return kAmdSuccess;
  }
  AmdCode unique_id(unsigned die, std::uint64_t& id) override {
    if (dies.at(die).unique_id == 0) return kAmdNoFunction;
    id = dies.at(die).unique_id;
    return kAmdSuccess;
  }
  AmdCode pci_id(unsigned die, std::uint64_t& bdf) override {
    bdf = dies.at(die).bdf;
    return kAmdSuccess;
  }
  AmdCode energy(unsigned die, Joules& energy) override { return give(die, dies.at(die).energy, energy); }
  AmdCode power(unsigned die, Watts& power, AmdPower& kind) override {
    kind = dies.at(die).kind;
    return give(die, dies.at(die).power, power);
  }
  AmdCode power_cap(unsigned die, Watts& cap) override { return give(die, dies.at(die).cap, cap); }

 private:
  template <class Value>
  AmdCode give(unsigned die, const std::optional<Value>& value, Value& to) {
    if (dies.at(die).lost != kAmdSuccess) return dies.at(die).lost;
    if (!value) return kNotSupported;
    to = *value;
    return kAmdSuccess;
  }
};

}  // namespace frugal
