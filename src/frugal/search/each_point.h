// Trains a fixed list of points one after the other, each an epoch a step until it is exhausted; only the
// best trial so far keeps its checkpoints. What vanilla, random and grid search have in common. Invariant:
// trial k is the k-th entry of the list.
#pragma once

#include <utility>
#include <vector>

#include "frugal/search/stopping.h"
#include "frugal/space/space.h"

namespace frugal {

struct SeededPoint {
  Point point;
  std::uint64_t seed = 1;
  int round = 0;  // of its steps: what the point is to a strategy that has several kinds
};

struct EachPointSettings {
  std::string name;
  std::vector<SeededPoint> points;
  Goal goal;
  Limits limits;  // epochs must be set
};

class EachPoint final : public Strategy {
 public:
  explicit EachPoint(EachPointSettings settings) : settings_(std::move(settings)) {}
  std::string name() const override { return settings_.name; }
  std::vector<std::string> needs() const override { return {"train"}; }
  Result<Proposal> propose(History history) const override;
  std::optional<Winner> winner(History history) const override { return best_kept(history, settings_.goal); }

 private:
  EachPointSettings settings_;
};

// Every point `repeats` times, with the seeds seed, seed + 1, …; repeats of one point follow each other.
std::vector<SeededPoint> repeated(const std::vector<Point>& points, int repeats, std::uint64_t seed);

// `count` different random points (fewer when the space has fewer); the same for the same seed.
std::vector<Point> random_points(const Space& space, int count, std::uint64_t seed);

}  // namespace frugal
