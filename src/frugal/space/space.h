// A Space says what may be tried: parameters, each Real, Integer or Choice, some only under a condition.
// Invariant: names are unique, ranges are not empty, a condition names an earlier parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "frugal/base/result.h"
#include "frugal/base/rng.h"
#include "frugal/space/point.h"

namespace frugal {

struct Real {
  double low = 0;
  double high = 1;
  bool log = false;
  std::optional<int> points = {};  // a grid of that many values, ends included
};

struct Integer {
  std::int64_t low = 0;
  std::int64_t high = 1;
  std::int64_t step = 1;
  bool log = false;
};

struct Choice {
  std::vector<Value> values;
};

using Domain = std::variant<Real, Integer, Choice>;

// The parameter exists only where the parent has one of these values.
struct Condition {
  std::string parent;
  std::vector<Value> values;
};

struct Parameter {
  std::string name;
  Domain domain;
  std::optional<Condition> when = {};
};

class Space {
 public:
  Space() = default;
  // Fails with FixInput on a doubled name, an empty or reversed range, a log range that reaches 0,
  // or a condition on an unknown or later parameter.
  static Result<Space> make(std::vector<Parameter> parameters);

  const std::vector<Parameter>& parameters() const { return parameters_; }
  const Parameter* find(std::string_view name) const;
  bool empty() const { return parameters_.empty(); }
  // The space without one parameter (conditions on it are dropped with it).
  Space without(std::string_view name) const;

 private:
  std::vector<Parameter> parameters_;
};

// The grid of a domain, ascending for numbers: all choices, all integers of the step, or `points` of a Real.
// Empty for a Real without `points` and for an Integer on a log scale with more than 10,000 values.
std::vector<Value> grid_values(const Domain& domain);

// True when the parameter's condition, if any, holds at the point.
bool applies(const Parameter& parameter, const Point& point);

// Every point of the grid; the first parameter varies slowest. Points that differ only in parameters that do
// not apply appear once. Fails when a parameter has no grid or the grid has more than `limit` points.
Result<std::vector<Point>> grid_points(const Space& space, std::size_t limit = 1'000'000);

// One random point; a Real on a log scale is log-uniform, a Real with `points` is drawn from its grid.
Point random_point(const Space& space, Rng& rng);

// Names the first parameter that is missing, superfluous or out of its domain.
Status check_point(const Space& space, const Point& point);

}  // namespace frugal
