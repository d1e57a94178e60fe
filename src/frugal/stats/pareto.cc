#include "frugal/stats/pareto.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "frugal/stats/finite.h"

namespace frugal::stats {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// To be made small, whatever the direction.
double cost(const Objective& o, std::size_t i) {
  return o.better == Better::Smaller ? o.values[i] : -o.values[i];
}

Status require_points(std::span<const Objective> objectives) {
  if (objectives.empty()) return bad_input("a front needs at least one objective");
  for (std::size_t k = 0; k < objectives.size(); ++k) {
    if (objectives[k].values.size() != objectives[0].values.size())
      return bad_input("the objectives have different numbers of points");
    if (Status status = require_values(objectives[k].values, fmt::format("objective {}", k), 1); !status)
      return status;
  }
  return {};
}

// Ascending in the first cost, then in the others.
std::vector<std::size_t> sorted(std::span<const Objective> objectives) {
  std::vector<std::size_t> order(objectives[0].values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    for (const Objective& o : objectives)
      if (cost(o, a) != cost(o, b)) return cost(o, a) < cost(o, b);
    return a < b;
  });
  return order;
}

bool beats(std::span<const Objective> objectives, std::size_t a, std::size_t b) {
  bool better = false;
  for (const Objective& o : objectives) {
    if (cost(o, a) > cost(o, b)) return false;
    better = better || cost(o, a) < cost(o, b);
  }
  return better;
}

std::vector<std::size_t> front_of_two(std::span<const Objective> objectives) {
  std::vector<std::size_t> front;
  for (const std::size_t i : sorted(objectives)) {
    const bool first = front.empty();
    const bool equal = !first && cost(objectives[0], i) == cost(objectives[0], front.back()) &&
                       cost(objectives[1], i) == cost(objectives[1], front.back());
    if (first || equal || cost(objectives[1], i) < cost(objectives[1], front.back())) front.push_back(i);
  }
  return front;
}

}  // namespace

Result<std::vector<std::size_t>> pareto_front(std::span<const Objective> objectives) {
  if (Status status = require_points(objectives); !status) return status.error();
  std::vector<std::size_t> front;
  if (objectives.size() == 2) {
    front = front_of_two(objectives);
  } else {
    // Whoever beats a point stands before it in the order, or is beaten by one that does.
    for (const std::size_t i : sorted(objectives)) {
      if (std::none_of(front.begin(), front.end(), [&](std::size_t f) { return beats(objectives, f, i); }))
        front.push_back(i);
    }
  }
  std::sort(front.begin(), front.end());
  return front;
}

Result<double> hypervolume(const Objective& first, const Objective& second, Point2 reference) {
  const Objective both[] = {first, second};
  if (Status status = require_points(both); !status) return status.error();
  const double limit[] = {reference.x, reference.y};
  if (Status status = require_values(limit, "reference", 2); !status) return status.error();
  const double x_limit = first.better == Better::Smaller ? reference.x : -reference.x;
  double y_limit = second.better == Better::Smaller ? reference.y : -reference.y;
  double area = 0;
  for (const std::size_t i : front_of_two(both)) {
    const double x = cost(first, i);
    const double y = cost(second, i);
    if (x >= x_limit || y >= y_limit) continue;
    area += (x_limit - x) * (y_limit - y);
    y_limit = y;
  }
  return area;
}

Result<std::size_t> knee(const Objective& first, const Objective& second) {
  const Objective both[] = {first, second};
  if (Status status = require_points(both); !status) return status.error();
  const std::vector<std::size_t> front = front_of_two(both);
  const double x0 = cost(first, front.front());
  const double y0 = cost(second, front.front());
  const double x_range = cost(first, front.back()) - x0;
  const double y_range = y0 - cost(second, front.back());
  std::size_t best = 0;
  double farthest = -kInfinity;
  for (const std::size_t i : front) {
    if (!(x_range > 0) || !(y_range > 0)) break;
    // On the line through the ends both scaled costs sum to one; the ideal is (0, 0).
    const double inside = 1 - (cost(first, i) - x0) / x_range - (cost(second, i) - (y0 - y_range)) / y_range;
    if (inside > farthest) {
      farthest = inside;
      best = i;
    }
  }
  if (farthest > 1e-12) return best;
  return bad_input("the front has no knee: it does not bend towards the ideal");
}

}  // namespace frugal::stats
