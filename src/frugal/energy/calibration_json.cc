// Calibrations as JSON: one object, units in the names. What is read back is checked.
#include <cmath>
#include <nlohmann/json.hpp>

#include "frugal/energy/calibration.h"

namespace frugal {
namespace {

Error broken(const std::string& what) { return bad_input("a calibration " + what); }

// Reads members, keeping the first error.
class Members {
 public:
  explicit Members(const nlohmann::json& json) : json_(json) {}

  double number(const char* key) {
    const auto found = json_.find(key);
    if (found != json_.end() && found->is_number() && std::isfinite(found->get<double>()))
      return found->get<double>();
    if (status_) status_ = broken(std::string("lacks the number '") + key + "'");
    return 0;
  }
  std::string text(const char* key) {
    const auto found = json_.find(key);
    if (found != json_.end() && found->is_string()) return found->get<std::string>();
    if (status_) status_ = broken(std::string("lacks the text '") + key + "'");
    return {};
  }
  const Status& status() const { return status_; }

 private:
  const nlohmann::json& json_;
  Status status_;
};

}  // namespace

nlohmann::json calibration_to_json(const Calibration& c) {
  return {{"host", c.host},
          {"device", c.device},
          {"sensor", c.sensor},
          {"gain", c.gain},
          {"gain_low", c.gain_low},
          {"gain_high", c.gain_high},
          {"offset_w", c.offset.value()},
          {"offset_low_w", c.offset_low.value()},
          {"offset_high_w", c.offset_high.value()},
          {"residual_w", c.residual.value()},
          {"relative_error", c.relative_error},
          {"shift_s", c.shift.value()},
          {"n", c.n},
          {"date", c.date}};
}

Result<Calibration> calibration_from_json(const nlohmann::json& json) {
  if (!json.is_object()) return broken("is not an object");
  Members members(json);
  Calibration c{.host = members.text("host"),
                .device = members.text("device"),
                .sensor = members.text("sensor"),
                .gain = members.number("gain"),
                .gain_low = members.number("gain_low"),
                .gain_high = members.number("gain_high"),
                .offset = Watts(members.number("offset_w")),
                .offset_low = Watts(members.number("offset_low_w")),
                .offset_high = Watts(members.number("offset_high_w")),
                .residual = Watts(members.number("residual_w")),
                .relative_error = members.number("relative_error"),
                .shift = Duration(members.number("shift_s")),
                .date = members.text("date")};
  const double n = members.number("n");
  if (!members.status()) return members.status().error();
  if (c.gain <= 0) return broken("has a gain that is not above 0");
  if (c.gain_low > c.gain || c.gain > c.gain_high || c.offset_low > c.offset || c.offset > c.offset_high)
    return broken("has an interval that does not hold its value");
  if (c.relative_error < 0) return broken("has a negative relative_error");
  if (n < 0 || n != std::floor(n) || n > 1e15) return broken("has an 'n' that is no count");
  c.n = static_cast<std::size_t>(n);
  return c;
}

}  // namespace frugal
