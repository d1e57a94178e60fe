// For the tests of this room: what other programs computed (tests/reference/stats), and how near is near
// enough.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "frugal/base/result.h"

namespace frugal::stats {

// The cases of tests/reference/stats/NAME.json; throws when it cannot be read.
nlohmann::json reference(const std::string& name);
std::vector<double> numbers(const nlohmann::json& array);

// Fails, naming `what`, unless the two agree to `relative` of the larger (1e-9: what rounding leaves). Values
// below 1e-300 count as zero.
void expect_near(double ours, double theirs, const std::string& what, double relative = 1e-9);
// The same for p-values: below 1e-12 an agreement of 1e-6 is enough.
void expect_p(double ours, double theirs, const std::string& what);

template <class T>
std::string sentence(const Result<T>& result) {
  return result.ok() ? "(a value)" : result.error().message;
}

}  // namespace frugal::stats
