#include "frugal/train/preprocess.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace frugal {
namespace {

struct Summary {
  double least = 0.0, most = 0.0, mean = 0.0, deviation = 0.0;
  double quarter = 0.0, median = 0.0, three_quarters = 0.0;
};

// The value at `share` of n sorted ones, found by `at(rank)`.
template <class At>
double quantile(double share, std::uint64_t n, const At& at) {
  const double place = share * static_cast<double>(n - 1);
  const auto low = static_cast<std::uint64_t>(place);
  const double rest = place - static_cast<double>(low);
  return at(low) + rest * (at(std::min(low + 1, n - 1)) - at(low));
}

template <class At>
void fill_quantiles(Summary& s, std::uint64_t n, const At& at) {
  s.least = at(0);
  s.most = at(n - 1);
  s.quarter = quantile(0.25, n, at);
  s.median = quantile(0.5, n, at);
  s.three_quarters = quantile(0.75, n, at);
}

Summary summary_of_bytes(const Images& images, int channel, std::int64_t area) {
  std::array<std::uint64_t, 256> seen{};
  for (std::int64_t i = 0; i < images.count(); ++i) {
    const std::uint8_t* first = images.pixels.data() + i * images.shape.pixels() + channel * area;
    for (const std::uint8_t* p = first; p != first + area; ++p) ++seen[*p];
  }
  std::uint64_t n = 0, sum = 0, squares = 0;
  for (std::uint64_t value = 0; value < seen.size(); ++value) {
    n += seen[value];
    sum += seen[value] * value;
    squares += seen[value] * value * value;
  }
  Summary out;
  out.mean = static_cast<double>(sum) / static_cast<double>(n);
  const double variance = static_cast<double>(squares) / static_cast<double>(n) - out.mean * out.mean;
  out.deviation = std::sqrt(std::max(0.0, variance));
  fill_quantiles(out, n, [&seen](std::uint64_t rank) {
    std::size_t value = 0;
    for (std::uint64_t passed = seen[0]; passed <= rank; passed += seen[value]) ++value;
    return static_cast<double>(value);
  });
  return out;
}

Summary summary_of_numbers(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  Summary out;
  for (const float value : values) out.mean += value;
  out.mean /= static_cast<double>(values.size());
  for (const float value : values) out.deviation += (value - out.mean) * (value - out.mean);
  out.deviation = std::sqrt(out.deviation / static_cast<double>(values.size()));
  fill_quantiles(out, values.size(), [&values](std::uint64_t rank) { return double{values[rank]}; });
  return out;
}

Summary summary_of(const Images& images, int channel) {
  const std::int64_t area = std::int64_t{images.shape.height} * images.shape.width;
  if (images.values.empty()) return summary_of_bytes(images, channel, area);
  std::vector<float> values;
  for (std::int64_t i = 0; i < images.count(); ++i) {
    const float* first = images.values.data() + i * images.shape.pixels() + channel * area;
    values.insert(values.end(), first, first + area);
  }
  return summary_of_numbers(std::move(values));
}

double not_zero(double spread) { return spread > 1e-6 ? spread : 1.0; }

void append(ChannelScale& out, const Summary& s, Preprocessing how) {
  const double range = s.three_quarters - s.quarter;
  switch (how) {
    case Preprocessing::Standardise:
      out.centre.push_back(s.mean);
      out.spread.push_back(not_zero(s.deviation));
      break;
    case Preprocessing::None:
      out.centre.push_back(0.0);
      out.spread.push_back(1.0);
      break;
    case Preprocessing::Robust:
      out.centre.push_back(s.median);
      out.spread.push_back(not_zero(range > 0.0 ? range : s.deviation));
      break;
    case Preprocessing::MinMax:
      out.centre.push_back(s.least);
      out.spread.push_back(not_zero(s.most - s.least));
      break;
  }
}

}  // namespace

ChannelScale channel_scale(const Images& training, Preprocessing how) {
  ChannelScale out;
  for (int channel = 0; channel < training.shape.channels; ++channel)
    append(out, summary_of(training, channel), how);
  return out;
}

TargetScale target_scale(const std::vector<float>& targets) {
  if (targets.empty()) return {};
  const Summary s = summary_of_numbers(targets);
  return {.mean = s.mean, .deviation = not_zero(s.deviation)};
}

}  // namespace frugal
