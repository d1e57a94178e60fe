#include "frugal/stats/pareto.h"

#include <gtest/gtest.h>

#include <cmath>

#include "frugal/base/rng.h"
#include "frugal/stats/reference.h"

namespace frugal::stats {
namespace {

using Indices = std::vector<std::size_t>;

// Energy to be small, accuracy to be large.
const std::vector<double> kEnergy{10, 20, 30, 40, 20, 15, 10};
const std::vector<double> kAccuracy{0.5, 0.8, 0.9, 0.85, 0.8, 0.4, 0.45};

TEST(ParetoFront, KeepsWhatNothingBeatsAndEqualPoints) {
  const Objective both[] = {{kEnergy, Better::Smaller}, {kAccuracy, Better::Larger}};
  EXPECT_EQ(pareto_front(both).value(), (Indices{0, 1, 2, 4}));
  const Objective one[] = {{kEnergy, Better::Smaller}};
  EXPECT_EQ(pareto_front(one).value(), (Indices{0, 6}));
}

// By definition: every point against every other one.
Indices by_definition(const std::vector<std::vector<double>>& costs) {
  Indices front;
  for (std::size_t i = 0; i < costs[0].size(); ++i) {
    bool beaten = false;
    for (std::size_t j = 0; j < costs[0].size(); ++j) {
      bool no_worse = true;
      bool better = false;
      for (const auto& c : costs) {
        no_worse = no_worse && c[j] <= c[i];
        better = better || c[j] < c[i];
      }
      beaten = beaten || (no_worse && better);
    }
    if (!beaten) front.push_back(i);
  }
  return front;
}

TEST(ParetoFront, IsThatOfTheDefinition) {
  Rng rng(5);
  for (const std::size_t objectives : {2u, 3u, 4u}) {
    std::vector<std::vector<double>> costs(objectives);
    for (auto& c : costs)
      for (int i = 0; i < 200; ++i) c.push_back(static_cast<double>(rng.below(12)));  // many ties
    std::vector<Objective> asked;
    for (const auto& c : costs) asked.push_back({c, Better::Smaller});
    EXPECT_EQ(pareto_front(asked).value(), by_definition(costs));
  }
}

// Staircase up to (40, 0.4): (40−10)·(.5−.4) + (40−20)·(.8−.5) + (40−30)·(.9−.8) = 3 + 6 + 1.
TEST(Hypervolume, IsTheAreaOfTheStaircase) {
  EXPECT_NEAR(hypervolume({kEnergy, Better::Smaller}, {kAccuracy, Better::Larger}, {40, 0.4}).value(), 10,
              1e-12);
  EXPECT_EQ(hypervolume({kEnergy, Better::Smaller}, {kAccuracy, Better::Larger}, {5, 0.4}).value(), 0);
  // Only (20, .8) and (30, .9) lie within (40, .6): 20·.2 + 10·.1.
  EXPECT_NEAR(hypervolume({kEnergy, Better::Smaller}, {kAccuracy, Better::Larger}, {40, 0.6}).value(), 5,
              1e-12);
}

TEST(Hypervolume, AgreesWithCountingRandomPoints) {
  Rng rng(6);
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 30; ++i) {
    x.push_back(rng.uniform());
    y.push_back(rng.uniform());
  }
  int inside = 0;
  const int darts = 200000;
  for (int i = 0; i < darts; ++i) {
    const double a = rng.uniform();
    const double b = rng.uniform();
    bool dominated = false;
    for (std::size_t k = 0; k < x.size(); ++k) dominated = dominated || (x[k] <= a && y[k] <= b);
    inside += dominated ? 1 : 0;
  }
  // Five standard errors of a share of 200,000.
  EXPECT_NEAR(hypervolume({x, Better::Smaller}, {y, Better::Smaller}, {1, 1}).value(), inside / double{darts},
              0.0056);
}

TEST(Knee, IsWhereTheFrontBends) {
  // Scaled: (0, 1), (.5, .25), (1, 0): only the middle one lies inside the line.
  EXPECT_EQ(knee({kEnergy, Better::Smaller}, {kAccuracy, Better::Larger}).value(), 1u);
  const std::vector<double> x{0, 1, 2, 3, 10};
  const std::vector<double> y{10, 4, 1.5, 1.2, 0};
  EXPECT_EQ(knee({x, Better::Smaller}, {y, Better::Smaller}).value(), 2u);
}

TEST(Pareto, SaysWhyItCannotDecide) {
  const std::vector<double> line{0, 1, 2};
  const std::vector<double> down{2, 1, 0};
  const std::string none = "the front has no knee: it does not bend towards the ideal";
  EXPECT_EQ(sentence(knee({line, Better::Smaller}, {down, Better::Smaller})), none);
  EXPECT_EQ(sentence(knee({line, Better::Smaller}, {line, Better::Smaller})), none);
  EXPECT_EQ(sentence(pareto_front({})), "a front needs at least one objective");
  const std::vector<double> holed{1, std::nan(""), 2};
  const Objective bad[] = {{line, Better::Smaller}, {holed, Better::Smaller}};
  EXPECT_EQ(sentence(pareto_front(bad)), "objective 1: the value at index 1 is not a number");
  EXPECT_EQ(sentence(hypervolume({line, Better::Smaller}, {kEnergy, Better::Smaller}, {1, 1})),
            "the objectives have different numbers of points");
}

}  // namespace
}  // namespace frugal::stats
