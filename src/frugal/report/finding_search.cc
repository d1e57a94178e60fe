// What a search over many trials shows: its factors, rankings by each outcome, distributions.
#include <algorithm>
#include <cmath>

#include "frugal/report/finding_parts.h"

namespace frugal {
namespace {

constexpr std::size_t kFewestForHistogram = 5;
constexpr int kMostBins = 30;

template <class Value, class Better>
Ranking ranking(std::string by, std::size_t count, const Value& value, const Better& better) {
  Ranking ranked{std::move(by)};
  for (std::size_t i = 0; i < count; ++i) {
    const std::optional<double> held = value(i);
    if (held && std::isfinite(*held)) ranked.order.push_back(i);
  }
  std::stable_sort(ranked.order.begin(), ranked.order.end(),
                   [&](std::size_t a, std::size_t b) { return better(*value(a), *value(b)); });
  return ranked;
}

// As many bins as the square root of the count, of equal width; one bin where all values are equal.
std::optional<Histogram> histogram(std::string of, std::vector<double> values) {
  std::erase_if(values, [](double v) { return !std::isfinite(v); });
  if (values.size() < kFewestForHistogram) return std::nullopt;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const int bins =
      *low == *high
          ? 1
          : std::min(kMostBins, static_cast<int>(std::ceil(std::sqrt(static_cast<double>(values.size())))));
  const double width = (*high - *low) / bins;
  Histogram made{std::move(of), {}, std::vector<int>(static_cast<std::size_t>(bins), 0)};
  for (int i = 0; i < bins; ++i) made.edges.push_back(*low + width * i);
  made.edges.push_back(*high);
  for (const double value : values) {
    const int bin = width > 0 ? static_cast<int>((value - *low) / width) : 0;
    ++made.counts[static_cast<std::size_t>(std::clamp(bin, 0, bins - 1))];
  }
  return made;
}

}  // namespace

std::vector<Factor> factors_of(const StudyResult& result) {
  std::vector<Point> points;
  for (const TrialResult& trial : result.trials) points.push_back(trial.point);
  return factors_of(points);
}

std::vector<Ranking> rankings_of(const StudyResult& result, const std::vector<TrialFinding>& trials) {
  const std::size_t count = result.trials.size();
  const auto quality = [&](std::size_t i) { return result.trials[i].best; };
  const auto energy = [&](std::size_t i) -> std::optional<double> {
    const TrialResult& trial = result.trials[i];
    if (!trial.energy || trial.epochs == 0)
      return std::nullopt;  // what was never trained costs least, and is nothing
    return trial.energy->value.value();
  };
  const auto eq = [&](std::size_t i) { return trials[i].eq; };
  std::vector<Ranking> rankings;
  rankings.push_back(ranking("quality", count, quality,
                             [&](double a, double b) { return result.header.goal.better(a, b); }));
  rankings.push_back(ranking("energy", count, energy, [](double a, double b) { return a < b; }));
  rankings.push_back(ranking("eq", count, eq, [](double a, double b) { return a > b; }));
  std::erase_if(rankings, [](const Ranking& r) { return r.order.empty(); });
  return rankings;
}

std::vector<Histogram> histograms_of(const StudyResult& result) {
  std::vector<double> quality;
  std::vector<double> energy;
  for (const TrialResult& trial : result.trials) {
    if (trial.best) quality.push_back(*trial.best);
    if (trial.energy) energy.push_back(trial.energy->value.value());
  }
  std::vector<Histogram> made;
  if (auto h = histogram("quality", std::move(quality))) made.push_back(std::move(*h));
  if (auto h = histogram("energy", std::move(energy))) made.push_back(std::move(*h));
  return made;
}

}  // namespace frugal
