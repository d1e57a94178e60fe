#include "frugal/stats/reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

namespace frugal::stats {

nlohmann::json reference(const std::string& name) {
  std::ifstream file(std::string(FRUGAL_REFERENCE) + "/" + name + ".json");
  return nlohmann::json::parse(file);
}

std::vector<double> numbers(const nlohmann::json& array) { return array.get<std::vector<double>>(); }

void expect_near(double ours, double theirs, const std::string& what, double relative) {
  const double larger = std::max(std::abs(ours), std::abs(theirs));
  EXPECT_TRUE(larger < 1e-300 || std::abs(ours - theirs) <= relative * larger)
      << what << ": " << ours << " here, " << theirs << " there, relative difference "
      << std::abs(ours - theirs) / larger;
}

void expect_p(double ours, double theirs, const std::string& what) {
  expect_near(ours, theirs, what, theirs < 1e-12 ? 1e-6 : 1e-9);
}

}  // namespace frugal::stats
