#include "frugal/stats/descriptives.h"

#include <gtest/gtest.h>

#include <limits>

#include "frugal/stats/finite.h"
#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

TEST(Descriptives, AgreeWithNumPyAndSciPy) {
  const auto cases = reference("descriptives");
  ASSERT_EQ(cases.size(), 7u);
  for (const auto& c : cases) {
    const std::vector<double> x = numbers(c["x"]);
    const std::string name = c["name"];
    const Descriptives d = describe(x).value();
    expect_near(d.mean, c["mean"], name + " mean", 1e-15);
    EXPECT_EQ(d.sd.has_value(), !c["sd"].is_null()) << name;
    if (d.sd) expect_near(*d.sd, c["sd"], name + " sd");
    expect_near(d.median, c["median"], name + " median");
    expect_near(d.q1, c["q1"], name + " q1");
    expect_near(d.q3, c["q3"], name + " q3");
    expect_near(quantile(x, 0.1).value(), c["q10"], name + " q10");
    expect_near(d.mad, c["mad"], name + " mad");
    expect_near(median_absolute_deviation(x).value() * kMadToSd, c["mad_normal"], name + " mad, normal");
    expect_near(d.trimmed_mean, c["trimmed"], name + " trimmed");
    expect_near(trimmed_mean(x, 0.25).value(), c["trimmed25"], name + " trimmed 25");
    expect_near(d.winsorised_mean, c["winsorised"], name + " winsorised");
    expect_near(winsorised_mean(x, 0.2).value(), c["winsorised20"], name + " winsorised 20");
    EXPECT_EQ(outliers(x).value(), c["outliers"].get<std::vector<std::size_t>>()) << name;
    EXPECT_EQ(d.outliers, c["outliers"].size()) << name;
    EXPECT_EQ(d.n, x.size());
  }
}

TEST(Descriptives, SayWhyTheyCannotAnswer) {
  const std::vector<double> holed{1, 2, kNaN, 4};
  EXPECT_EQ(sentence(mean(holed)), "mean: the value at index 2 is not a number");
  EXPECT_EQ(sentence(median(std::vector<double>{})), "median: 0 values, at least 1 are needed");
  EXPECT_EQ(sentence(standard_deviation(std::vector<double>{3})),
            "standard deviation: 1 value, at least 2 are needed");
  EXPECT_EQ(sentence(quantile(std::vector<double>{1, std::numeric_limits<double>::infinity()}, 0.5)),
            "quantile: the value at index 1 is infinite");
  EXPECT_EQ(sentence(quantile(std::vector<double>{1, 2}, 1.5)), "there is no quantile of 1.5: 0 ≤ p ≤ 1");
  EXPECT_EQ(sentence(trimmed_mean(std::vector<double>{1, 2}, 0.5)),
            "a fraction of 0.5 cannot be cut off either end: 0 ≤ fraction < 0.5");
  EXPECT_EQ(sentence(describe(holed)), "outliers: the value at index 2 is not a number");
}

TEST(CompletePairs, DropWhatIsMissingOnEitherSide) {
  const std::vector<double> x{1, kNaN, 3, 4};
  const std::vector<double> y{5, 6, kNaN, 8};
  const Pairs pairs = complete_pairs(x, y).value();
  EXPECT_EQ(pairs.x, (std::vector<double>{1, 4}));
  EXPECT_EQ(pairs.y, (std::vector<double>{5, 8}));
  EXPECT_EQ(pairs.dropped, 2u);
  EXPECT_EQ(sentence(complete_pairs(x, std::vector<double>{1})),
            "x has 4 values and y has 1: they are no pairs");
}

}  // namespace
}  // namespace frugal::stats
