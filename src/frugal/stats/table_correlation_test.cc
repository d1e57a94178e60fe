#include "frugal/stats/table_correlation.h"

#include <gtest/gtest.h>

#include <limits>

#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

using Words = std::vector<std::string>;

TEST(TableCorrelation, DropsIncompleteRowsAndAgreesWithSciPy) {
  for (const auto& c : reference("correlation")) {
    std::vector<double> x = numbers(c["x"]);
    std::vector<double> y = numbers(c["y"]);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    x.insert(x.begin() + 1, {nan, 7});
    y.insert(y.begin() + 1, {3, nan});
    const std::vector<double> flat(x.size(), 1.5);
    const Table table = Table::of({{"x", Numbers{x}}, {"y", Numbers{y}}, {"flat", Numbers{flat}}}).value();
    const auto expect = [&](CorrelationKind kind, const char* coefficient, const char* p) {
      const auto found = correlations(table, Words{"x"}, Words{"y", "flat"}, kind).value();
      ASSERT_EQ(found.size(), 2u);
      expect_near(found[0].found->coefficient, c[coefficient], c["name"]);
      expect_p(found[0].found->p_value, c[p], c["name"]);
      EXPECT_EQ(found[0].found->n + 2, x.size());
      EXPECT_EQ(found[0].dropped, 2u);
      EXPECT_FALSE(found[1].found.has_value());
      EXPECT_EQ(found[1].undecided, "y is constant: no correlation is defined");
    };
    expect(CorrelationKind::Pearson, "r", "r_p");
    expect(CorrelationKind::Spearman, "rho", "rho_p");
    expect(CorrelationKind::Kendall, "tau", "tau_p");
  }
}

TEST(TableCorrelation, RefusesColumnsThatHoldNoNumbers) {
  const Table table = Table::of({{"x", Numbers{{1, 2}}}, {"word", factor_of(Words{"a", "b"})}}).value();
  EXPECT_EQ(sentence(correlations(table, Words{"x"}, Words{"word"}, CorrelationKind::Pearson)),
            "column 'word' holds no numbers but levels such as 'a'");
  EXPECT_EQ(sentence(correlations(table, Words{"z"}, Words{"x"}, CorrelationKind::Pearson)),
            "there is no column 'z' (did you mean 'x'?)");
}

}  // namespace
}  // namespace frugal::stats
