#include "frugal/space/space.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace frugal {
namespace {

Value v(const char* text) { return std::string(text); }
Value v(int number) { return static_cast<std::int64_t>(number); }

Space optimizers() {
  return *Space::make({{"optimizer", Choice{{v("sgd"), v("adam")}}},
                       {"momentum", Choice{{0.0, 0.9}}, Condition{"optimizer", {v("sgd")}}},
                       {"batch_size", Integer{8, 24, 8, false}}});
}

TEST(PointTest, EqualityIgnoresOrderAndNumberType) {
  EXPECT_EQ(Point({{"a", v(1)}, {"b", 2.0}}), Point({{"b", v(2)}, {"a", 1.0}}));
  EXPECT_FALSE(Point({{"a", v(1)}}) == Point({{"a", true}}));
  EXPECT_EQ(Point({{"lr", 0.1}, {"o", v("sgd")}, {"n", true}}).text(), "lr=0.1 o=sgd n=true");
  EXPECT_EQ(Point({{"lr", 0.1}}).number("lr"), 0.1);
  EXPECT_EQ(Point({{"o", v("sgd")}}).number("o"), std::nullopt);
}

TEST(PointTest, JsonRoundTripsAndRefusesNesting) {
  const Point point({{"z", 0.1}, {"a", v(64)}, {"s", v("x")}, {"b", true}});
  const auto json = point_to_json(point);
  EXPECT_EQ(json.dump(), R"({"z":0.1,"a":64,"s":"x","b":true})");
  EXPECT_EQ(*point_from_json(json), point);
  const auto nested = point_from_json(nlohmann::ordered_json::parse(R"({"a":[1]})"));
  ASSERT_FALSE(nested.ok());
  EXPECT_EQ(nested.error().message, "'a': a value of a point is a number, a text, true or false, not array");
}

TEST(SpaceTest, RefusesImpossibleDomains) {
  const auto message = [](Parameter parameter) {
    const auto space = Space::make({std::move(parameter)});
    return space.ok() ? std::string("accepted") : space.error().message;
  };
  EXPECT_EQ(message({"lr", Real{0, 1, true, {}}}), "parameter 'lr': a log scale needs a positive low, not 0");
  EXPECT_EQ(message({"lr", Real{2, 1, false, {}}}), "parameter 'lr': its range 2 to 1 is empty");
  EXPECT_EQ(message({"o", Choice{}}), "parameter 'o': it has no choices");
  EXPECT_EQ(message({"o", Choice{{v(1), 1.0}}}), "parameter 'o': the choice 1 is there twice");
  EXPECT_EQ(message({"m", Choice{{v(1)}}, Condition{"x", {v(1)}}}),
            "parameter 'm' depends on 'x', which is no parameter before it");
  EXPECT_FALSE(Space::make({{"a", Integer{}}, {"a", Integer{}}}).ok());
  EXPECT_FALSE(Space::make({{"a", Choice{{v("x")}}}, {"b", Integer{}, Condition{"a", {v("y")}}}}).ok());
}

TEST(SpaceTest, LogGridOfTheSm2Paper) {
  const auto grid = grid_values(Real{0.001, 1.0, true, 20});
  ASSERT_EQ(grid.size(), 20u);
  EXPECT_DOUBLE_EQ(std::get<double>(grid.front()), 0.001);
  EXPECT_DOUBLE_EQ(std::get<double>(grid.back()), 1.0);
  EXPECT_NEAR(std::get<double>(grid[1]) / std::get<double>(grid[0]), std::pow(1000.0, 1.0 / 19), 1e-12);
}

TEST(SpaceTest, GridCrossesAndConditionsCollapse) {
  const auto points = grid_points(optimizers());
  ASSERT_TRUE(points.ok());
  EXPECT_EQ(points->size(), (2 + 1) * 3u);  // sgd × two momenta, adam once; three batch sizes
  for (const Point& point : *points) EXPECT_TRUE(check_point(optimizers(), point).ok()) << point.text();
  EXPECT_EQ(points->front().text(), "optimizer=sgd momentum=0 batch_size=8");
  EXPECT_EQ(points->back().text(), "optimizer=adam batch_size=24");
  const auto continuous = grid_points(*Space::make({{"lr", Real{0, 1, false, {}}}}));
  ASSERT_FALSE(continuous.ok());
  EXPECT_EQ(continuous.error().hint, "give it 'points: N' or a list of values");
}

TEST(SpaceTest, RandomPointsLieInTheSpaceAndAreLogUniform) {
  const Space space = *Space::make({{"lr", Real{0.001, 1, true, {}}}, {"n", Integer{1, 1000, 1, true}}});
  Rng rng(3);
  int low_rates = 0;
  int low_counts = 0;
  for (int i = 0; i < 3000; ++i) {
    const Point point = random_point(space, rng);
    ASSERT_TRUE(check_point(space, point).ok()) << point.text();
    low_rates += *point.number("lr") < 0.01 ? 1 : 0;
    low_counts += *point.number("n") < 10 ? 1 : 0;
  }
  EXPECT_NEAR(low_rates, 1000, 120);
  EXPECT_NEAR(low_counts, 1000, 120);
}

TEST(SpaceTest, CheckNamesTheFault) {
  const auto message = [](const Point& point) {
    const Status status = check_point(optimizers(), point);
    return status.ok() ? std::string("accepted") : status.error().message;
  };
  EXPECT_EQ(message({{"optimizer", v("adam")}, {"momentum", 0.9}, {"batch_size", v(8)}}),
            "'momentum' has no effect here: it waits for optimizer");
  EXPECT_EQ(message({{"optimizer", v("adam")}}), "the point has no 'batch_size'");
  EXPECT_EQ(message({{"optimizer", v("adam")}, {"batch_size", v(80)}}),
            "'batch_size' is 80, which is outside the space");
  EXPECT_EQ(message({{"optimizer", v("adam")}, {"batch_size", v(8)}, {"x", v(1)}}),
            "'x' is no parameter of the space");
}

}  // namespace
}  // namespace frugal
