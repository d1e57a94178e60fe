#include "frugal/search/rate_selection.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace frugal {
namespace {

constexpr double kValleyMargin = 3.0;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct FlatWindow {
  std::size_t begin = 0;
  double curvature = 0;
};

bool descends(double loss, double loss_before) { return std::isfinite(loss) && !(loss > loss_before); }

double curvature(std::span<const RatePoint> curve, std::size_t j) {
  return std::abs(curve[j + 1].loss - 2 * curve[j].loss + curve[j - 1].loss);
}

// Windows of which every loss is finite and not above the initial one. The curvature of a window is the mean
// over its inner rates, so that it depends on no loss outside.
std::vector<FlatWindow> windows(std::span<const RatePoint> curve, double loss_before) {
  std::vector<FlatWindow> found;
  for (std::size_t begin = 0; begin + kSelectionWindow <= curve.size(); ++begin) {
    const auto inside = curve.subspan(begin, kSelectionWindow);
    if (!std::all_of(inside.begin(), inside.end(),
                     [&](const RatePoint& p) { return descends(p.loss, loss_before); }))
      continue;
    double sum = 0;
    for (std::size_t j = 1; j + 1 < kSelectionWindow; ++j) sum += curvature(inside, j);
    found.push_back({begin, sum / static_cast<double>(kSelectionWindow - 2)});
  }
  return found;
}

std::optional<RateChoice> flattest(std::span<const RatePoint> curve, double loss_before) {
  std::vector<FlatWindow> left = windows(curve, loss_before);
  if (left.empty()) return std::nullopt;
  // Equally flat ones: the larger rates first.
  std::sort(left.begin(), left.end(), [](const FlatWindow& a, const FlatWindow& b) {
    return a.curvature != b.curvature ? a.curvature < b.curvature : a.begin > b.begin;
  });
  left.resize((left.size() + 2) / 3);
  // All windows have the same width on an ascending grid: the largest mean rate is the last one to begin.
  const auto chosen = std::max_element(
      left.begin(), left.end(), [](const FlatWindow& a, const FlatWindow& b) { return a.begin < b.begin; });
  const std::size_t end = chosen->begin + kSelectionWindow;
  return RateChoice{curve[end - 1].rate, chosen->begin, end, {}};
}

std::vector<double> smoothed(std::span<const RatePoint> curve) {
  std::vector<double> mean(curve.size(), kNaN);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    if (!std::isfinite(curve[i].loss)) continue;
    double sum = 0;
    int count = 0;
    for (std::size_t j = i == 0 ? 0 : i - 1; j <= std::min(i + 1, curve.size() - 1); ++j) {
      if (!std::isfinite(curve[j].loss)) continue;
      sum += curve[j].loss;
      ++count;
    }
    mean[i] = sum / count;
  }
  return mean;
}

// Index of the smallest smoothed loss; nothing when none is finite.
std::optional<std::size_t> smallest_loss(std::span<const RatePoint> curve) {
  const std::vector<double> mean = smoothed(curve);
  std::optional<std::size_t> lowest;
  for (std::size_t i = 0; i < mean.size(); ++i) {
    if (std::isfinite(mean[i]) && (!lowest || mean[i] < mean[*lowest])) lowest = i;
  }
  return lowest;
}

}  // namespace

std::vector<RatePoint> mean_curve(std::span<const RatePoint> steps) {
  std::vector<RatePoint> sorted(steps.begin(), steps.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const RatePoint& a, const RatePoint& b) { return a.rate < b.rate; });
  std::vector<RatePoint> means;
  for (std::size_t i = 0; i < sorted.size();) {
    std::size_t end = i;
    double sum = 0;
    for (; end < sorted.size() && sorted[end].rate == sorted[i].rate; ++end) sum += sorted[end].loss;
    const double mean = sum / static_cast<double>(end - i);
    means.push_back({sorted[i].rate, std::isfinite(mean) ? mean : kNaN});
    i = end;
  }
  return means;
}

RateChoice select_rate_paper(std::span<const RatePoint> curve, double loss_before) {
  if (std::optional<RateChoice> choice = flattest(curve, loss_before)) return *choice;
  for (std::size_t i = curve.size(); i > 0; --i) {
    const double loss = curve[i - 1].loss;
    if (std::isfinite(loss) && loss < loss_before) {
      return {curve[i - 1].rate, 0, 0,
              "no window of " + std::to_string(kSelectionWindow) +
                  " rates keeps the loss down: the largest single rate that does"};
    }
  }
  return {curve.front().rate, 0, 0, "no rate lowers the loss: the smallest one"};
}

RateChoice select_rate_descent(std::span<const RatePoint> curve, double loss_before) {
  const std::optional<std::size_t> lowest = smallest_loss(curve);
  if (!lowest) return {curve.front().rate, 0, 0, "no rate gives a finite loss: the smallest one"};
  if (std::optional<RateChoice> choice = flattest(curve.first(*lowest + 1), loss_before)) return *choice;
  return {curve[*lowest].rate, 0, 0,
          "no window of " + std::to_string(kSelectionWindow) +
              " rates before the smallest loss: the rate of the smallest loss"};
}

RateChoice select_rate_valley(std::span<const RatePoint> curve, double) {
  const std::optional<std::size_t> lowest = smallest_loss(curve);
  if (!lowest) return {curve.front().rate, 0, 0, "no rate gives a finite loss: the smallest one"};
  std::size_t chosen = *lowest;
  while (chosen > 0 && curve[chosen].rate > curve[*lowest].rate / kValleyMargin) --chosen;
  return {curve[chosen].rate, chosen, *lowest + 1, {}};
}

}  // namespace frugal
