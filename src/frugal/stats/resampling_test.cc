// Bootstrap and permutation tests against SciPy.
#include <gtest/gtest.h>

#include <cmath>

#include "frugal/stats/bootstrap.h"
#include "frugal/stats/descriptives.h"
#include "frugal/stats/permutation.h"
#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

using nlohmann::json;

TEST(Bootstrap, BoundsOfSciPysReplicatesAreSciPys) {
  const json cases = reference("bootstrap");
  ASSERT_EQ(cases.size(), 4u);
  for (const json& c : cases) {
    const std::string name = c["name"];
    const auto left_out = c["left_out"].get<std::vector<std::vector<double>>>();
    const Bounds bca = bca_bounds(numbers(c["replicates"]), c["estimate"], left_out, 0.95).value();
    expect_near(bca.low, c["bca"][0], name + " low");
    expect_near(bca.high, c["bca"][1], name + " high");
    const Bounds percentile = percentile_bounds(numbers(c["replicates"]), 0.95);
    expect_near(percentile.low, c["percentile"][0], name + " percentile low");
    expect_near(percentile.high, c["percentile"][1], name + " percentile high");
  }
}

TEST(Bootstrap, OwnReplicatesComeNearSciPysInterval) {
  // SciPy's interval here is from 199 replicates: a quarter of its width is as near as chance lets them come.
  for (const json& c : reference("bootstrap")) {
    const std::string name = c["name"];
    const auto data = c["data"].get<std::vector<std::vector<double>>>();
    const auto own = name == "mean"              ? bootstrap(data[0], mean_of)
                     : name == "median"          ? bootstrap(data[0], median_of)
                     : name == "ratio of groups" ? bootstrap_groups(data[0], data[1], ratio_of_means)
                                                 : bootstrap_pairs(data[0], data[1], ratio_of_means);
    ASSERT_TRUE(own.ok()) << name;
    expect_near(own->estimate, c["estimate"], name);
    const double width = c["bca"][1].get<double>() - c["bca"][0].get<double>();
    EXPECT_NEAR(own->low, c["bca"][0].get<double>(), width / 4) << name;
    EXPECT_NEAR(own->high, c["bca"][1].get<double>(), width / 4) << name;
    EXPECT_GT(own->std_err, 0);
  }
}

TEST(Bootstrap, TheSeedDecides) {
  const std::vector<double> x{1, 5, 2, 8, 3, 9};
  const auto a = bootstrap(x, mean_of, {.resamples = 500, .seed = 4}).value();
  const auto b = bootstrap(x, mean_of, {.resamples = 500, .seed = 4}).value();
  const auto c = bootstrap(x, mean_of, {.resamples = 500, .seed = 5}).value();
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_NE(a.std_err, c.std_err);
  // The standard error of a mean over all resamples is that of the values with n for n − 1: √(Σ(x − x̄)²)/n.
  EXPECT_NEAR(bootstrap(x, mean_of, {.resamples = 50000})->std_err, std::sqrt(53.333333) / 6, 0.01);
}

TEST(Bootstrap, SaysWhyItCannotDecide) {
  const std::vector<double> same{2, 2, 2};
  const std::vector<double> x{1, 2, 3};
  EXPECT_EQ(sentence(bootstrap(same, mean_of)), "no resample changes the statistic: it has no interval");
  EXPECT_EQ(sentence(bootstrap(std::vector<double>{1}, mean_of)), "x: 1 value, at least 2 are needed");
  EXPECT_EQ(sentence(bootstrap(x, mean_of, {.resamples = 10})),
            "10 resamples are too few for an interval: at least 100");
  EXPECT_EQ(sentence(bootstrap_groups(x, std::vector<double>{0, 0}, ratio_of_means)),
            "the statistic of these values is not a finite number");
  EXPECT_EQ(sentence(bootstrap_groups(x, std::vector<double>{0, 1}, ratio_of_means)),
            "the statistic is not a finite number for some of the resamples");
  EXPECT_EQ(sentence(bootstrap_pairs(x, std::vector<double>{1, std::nan(""), 2}, ratio_of_means)),
            "y: the value at index 1 is not a number");
  const auto largest = [](std::span<const double> v) { return *std::max_element(v.begin(), v.end()); };
  EXPECT_TRUE(bootstrap(x, largest, {.interval = Interval::Percentile}).ok());
}

TEST(Permutation, AllArrangementsAsInSciPy) {
  const json cases = reference("permutation");
  ASSERT_EQ(cases.size(), 10u);
  for (const json& c : cases) {
    const std::vector<double> x = numbers(c["x"]);
    const std::vector<double> y = numbers(c["y"]);
    const auto test = c["kind"] == "groups" ? permutation_groups : permutation_pairs;
    const std::string name = c["name"].get<std::string>() + ", " + c["kind"].get<std::string>();
    expect_p(test(x, y, difference_of_means, {})->p_value, c["p two-sided"], name);
    expect_p(test(x, y, difference_of_means, {.alternative = Alternative::Less})->p_value, c["p less"], name);
    expect_p(test(x, y, difference_of_means, {.alternative = Alternative::Greater})->p_value, c["p greater"],
             name);
    EXPECT_EQ(test(x, y, difference_of_means, {})->method, PMethod::Exact);
  }
}

TEST(Permutation, RandomArrangementsComeNearAllOfThem) {
  const json c = reference("permutation")[1];  // five against five: 252
  const PermutationOptions few{.resamples = 251, .seed = 2};
  const auto random = permutation_groups(numbers(c["x"]), numbers(c["y"]), difference_of_means, few).value();
  EXPECT_EQ(random.method, PMethod::Asymptotic);
  EXPECT_EQ(random.arrangements, 251u);
  EXPECT_NEAR(random.p_value, c["p two-sided"].get<double>(), 0.05);
  EXPECT_EQ(random.p_value,
            permutation_groups(numbers(c["x"]), numbers(c["y"]), difference_of_means, few)->p_value);
  const std::vector<double> x{3, 5, 8, 9, 11, 14, 15};
  const std::vector<double> y{1, 6, 7, 4, 8, 10, 9};
  const double exact = permutation_pairs(x, y)->p_value;
  EXPECT_NEAR(permutation_pairs(x, y, difference_of_means, {.resamples = 127})->p_value, exact, 0.1);
  EXPECT_EQ(sentence(permutation_pairs(x, std::vector<double>{1})),
            "x has 7 values and y has 1: they are no pairs");
  EXPECT_EQ(sentence(permutation_groups(x, {})), "y: 0 values, at least 1 are needed");
}

}  // namespace
}  // namespace frugal::stats
