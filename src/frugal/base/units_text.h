// Quantities as people write and read them: "50 Wh", "2 h", "100 ms" in; "1.24 kJ", "3 min 20 s" out.
#pragma once

#include <string>
#include <string_view>

#include "frugal/base/result.h"
#include "frugal/base/units.h"

namespace frugal {

// Energy with its unit: J, kJ, MJ, Wh, kWh. A bare number, an unknown unit or a negative value is an error.
Result<Joules> parse_energy(std::string_view text);

// Time with its unit: ms, s, min, h, d (also several parts: "1 h 30 min"). Errors as parse_energy.
Result<Duration> parse_duration(std::string_view text);

// Three significant digits: "8.12 mJ", "812 J", "1.24 kJ", "3.10 MJ".
std::string to_text(Joules energy);

// "4.51 ms", "45 ms", "12.3 s", "3 min 20 s", "2 h 5 min".
std::string to_text(Duration time);

// A double with `digits` significant digits, no trailing zeros: "0.972", "1e-05".
std::string number_text(double value, int digits = 4);

// The shortest decimal that reads back as the same double.
std::string exact_text(double value);

}  // namespace frugal
