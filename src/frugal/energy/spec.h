// The settings of a device as people write them: "key=value,key=value" behind "sim:" or "model:".
// An unknown or doubled key is refused at once; the first bad value is kept and asked for with error().
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/base/units.h"

namespace frugal {

class DeviceSpec {
 public:
  // `device` names the spec in messages ("sim"). Empty text is a spec without settings.
  static Result<DeviceSpec> parse(std::string_view device, std::string_view text,
                                  std::span<const std::string> known);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  // The value of `key`, or `fallback` where it is not given. A value that cannot be read, or that lies below
  // `low` or above `high`, sets error() and gives `fallback`.
  std::string word(std::string_view key, std::span<const std::string> choices, std::string fallback);
  double number(std::string_view key, double fallback, double low, double high = kInfinity);
  Watts power(std::string_view key, Watts fallback, double low_w = 0);  // "150W", "1.5 kW", or bare watts
  Joules energy(std::string_view key, Joules fallback);                 // "1mJ", "262144J"
  Duration time(std::string_view key, Duration fallback);               // "100ms", or 0

  // Refuses settings that do not go together.
  void refuse(std::string message, std::string hint = {});
  const std::optional<Error>& error() const { return error_; }

 private:
  static constexpr double kInfinity = std::numeric_limits<double>::infinity();
  struct Setting {
    std::string key;
    std::string value;
  };
  const std::string* find(std::string_view key) const;
  void bad_value(std::string_view key, const std::string& value, const std::string& wanted);

  std::string device_;
  std::vector<Setting> settings_;
  std::optional<Error> error_;
};

}  // namespace frugal
