#include "frugal/search/each_point.h"

#include <algorithm>

namespace frugal {
namespace {

constexpr int kDrawsPerPoint = 1000;

const TrialSummary* find_trial(const std::vector<TrialSummary>& trials, TrialId id) {
  const auto found =
      std::find_if(trials.begin(), trials.end(), [&](const TrialSummary& t) { return t.id == id; });
  return found == trials.end() ? nullptr : &*found;
}

}  // namespace

Result<Proposal> EachPoint::propose(History history) const {
  const std::vector<TrialSummary> trials = summarise(history, settings_.goal);
  const std::optional<Winner> best = winner(history);
  std::string reason = "exhausted";
  bool any_good = false;
  for (std::size_t i = 0; i < settings_.points.size(); ++i) {
    const auto id = static_cast<TrialId>(i);
    const SeededPoint& entry = settings_.points[i];
    const TrialSummary* trial = find_trial(trials, id);
    Step step{id,          entry.point, entry.seed, trial == nullptr ? std::nullopt : trial->last_step,
              entry.round, Train{},     {}};
    if (trial == nullptr) return Proposal(step);
    any_good = any_good || trial->best.has_value();
    if (trial->dropped) continue;
    const std::optional<std::string> over = exhausted(*trial, settings_.limits);
    if (!over && !trial->failure) return Proposal(step);
    if (!trial->failure) reason = *over;
    const bool keep = best && best->trial == id;
    if (!keep) {
      step.work = Drop{};
      step.note = trial->failure ? failure_text(trial->failure->kind) : *over;
      return Proposal(step);
    }
  }
  if (!any_good) return Proposal(Finished{"failed"});
  return Proposal(Finished{settings_.points.size() == 1 ? reason : "exhausted"});
}

std::vector<SeededPoint> repeated(const std::vector<Point>& points, int repeats, std::uint64_t seed) {
  std::vector<SeededPoint> list;
  for (const Point& point : points) {
    for (int r = 0; r < repeats; ++r) list.push_back({point, seed + static_cast<std::uint64_t>(r)});
  }
  return list;
}

std::vector<Point> random_points(const Space& space, int count, std::uint64_t seed) {
  Rng rng(derive_seed(seed, "random search"));
  std::vector<Point> points;
  for (int draws = 0; static_cast<int>(points.size()) < count && draws < count * kDrawsPerPoint; ++draws) {
    Point point = random_point(space, rng);
    if (std::find(points.begin(), points.end(), point) == points.end()) points.push_back(std::move(point));
  }
  return points;
}

}  // namespace frugal
