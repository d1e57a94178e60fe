// A trial whose learning curve is a formula: what the scripted worker and the simulated study train.
// Its state holds a fingerprint of every step that led to it, and the metric shows that fingerprint in its
// last digits: two trials with equal metrics were trained by the same steps from the same start.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "frugal/space/point.h"
#include "frugal/trial/outcome.h"

namespace frugal::scripted {

inline constexpr std::int64_t kTrainSamples = 1024;
inline constexpr double kDivergesAt = 5.0;  // learning rates from here give a loss of NaN

inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 6U) + (a >> 2U));
  x ^= x >> 33U;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33U;
  return x;
}

class ScriptedTrial {
 public:
  ScriptedTrial() = default;
  ScriptedTrial(const Point& point, std::uint64_t seed) : seed_(seed), fingerprint_(mixed(seed, 1)) {
    batch_size_ = point.number("batch_size").value_or(64);
    rate_ = point.number("learning_rate").value_or(0.1);
    for (const char c : point.text()) fingerprint_ = mixed(fingerprint_, static_cast<unsigned char>(c));
  }

  int epochs() const { return epochs_; }
  double rate() const { return rate_; }
  void set(const Point& changes) { rate_ = changes.number("learning_rate").value_or(rate_); }
  bool diverges() const { return rate_ >= kDivergesAt; }

  void train_epoch() {
    skill_ += (ceiling() - skill_) * gain(rate_);
    ++epochs_;
    fingerprint_ = mixed(fingerprint_, static_cast<std::uint64_t>(std::llround(rate_ * 1e9)));
    if (diverges()) skill_ = std::numeric_limits<double>::quiet_NaN();
  }
  double accuracy() const { return skill_ + 1e-6 * static_cast<double>(fingerprint_ % 1000U); }
  double loss() const { return 1.0 - skill_; }

  // A step of the range test: the loss sinks up to the best rate of this batch size and rises behind it.
  double explored_loss(double rate) const {
    return loss() * (1.0 - 0.5 * gain(rate) / gain(best_rate())) + (rate > 2 * best_rate() ? 0.4 : 0.0);
  }
  double probed_accuracy(double rate, int steps) const {
    return skill_ + (ceiling() - skill_) * gain(rate) * std::min(1.0, steps / 200.0);
  }
  int batches(double fraction) const {
    return std::max(1, static_cast<int>(fraction * static_cast<double>(kTrainSamples) / batch_size_));
  }

  std::string text() const {
    std::ostringstream out;
    out.precision(17);
    out << seed_ << ' ' << batch_size_ << ' ' << rate_ << ' ' << epochs_ << ' ' << skill_ << ' '
        << fingerprint_;
    return out.str();
  }
  static std::optional<ScriptedTrial> from_text(const std::string& text) {
    ScriptedTrial trial;
    std::istringstream in(text);
    in >> trial.seed_ >> trial.batch_size_ >> trial.rate_ >> trial.epochs_ >> trial.skill_ >>
        trial.fingerprint_;
    if (!in) return std::nullopt;
    return trial;
  }

  // Atomic: a whole file or none. The second line is a checksum of the first.
  bool save(const std::string& path) const {
    const std::string part = path + ".part";
    {
      std::ofstream file(part, std::ios::binary);
      file << text() << '\n' << checksum(text()) << '\n';
      if (!file.flush()) return false;
    }
    std::error_code failure;
    std::filesystem::rename(part, path, failure);
    return !failure;
  }
  static std::optional<ScriptedTrial> load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string body;
    std::uint64_t sum = 0;
    if (!std::getline(file, body) || !(file >> sum) || sum != checksum(body)) return std::nullopt;
    return from_text(body);
  }

 private:
  static std::uint64_t checksum(const std::string& text) {
    std::uint64_t sum = 14695981039346656037ULL;
    for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return sum;
  }
  double best_rate() const { return 0.1 * std::sqrt(batch_size_ / 64.0); }
  double ceiling() const { return 0.95 - 0.03 * std::abs(std::log2(batch_size_ / 64.0)); }
  double gain(double rate) const {
    const double off = std::log10(rate / best_rate());
    return 0.4 * std::exp(-off * off);
  }

  std::uint64_t seed_ = 1;
  double batch_size_ = 64;
  double rate_ = 0.1;
  int epochs_ = 0;
  double skill_ = 0.1;
  std::uint64_t fingerprint_ = 0;
};

}  // namespace frugal::scripted
