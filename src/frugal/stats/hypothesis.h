// Words that every test of a hypothesis in this room shares.
#pragma once

#include <optional>

namespace frugal::stats {

// What is suspected of x (against y, or against zero); p-values are for the hypothesis that it is not so.
enum class Alternative { TwoSided, Less, Greater };

// Where a p-value comes from. Auto is SciPy's rule, which each function states; Exact counts every
// arrangement of the values as they are, ties included; Asymptotic is the limiting distribution, corrected
// for ties.
enum class PMethod { Auto, Exact, Asymptotic };

struct TestOptions {
  Alternative alternative = Alternative::TwoSided;
  PMethod method = PMethod::Auto;
  // The level that the p-value will be held against: a test that could not reach it with so few values is
  // refused.
  std::optional<double> level = {};
};

}  // namespace frugal::stats
