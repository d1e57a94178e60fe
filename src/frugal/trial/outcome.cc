#include "frugal/trial/outcome.h"

#include <array>
#include <cmath>
#include <utility>

namespace frugal {
namespace {

constexpr std::array<std::pair<FailureKind, const char*>, 8> kFailures{
    {{FailureKind::Diverged, "diverged"},
     {FailureKind::OutOfMemory, "out_of_memory"},
     {FailureKind::Invalid, "invalid"},
     {FailureKind::Unsupported, "unsupported"},
     {FailureKind::Internal, "internal"},
     {FailureKind::Died, "died"},
     {FailureKind::CheckpointLost, "checkpoint_lost"},
     {FailureKind::Interrupted, "interrupted"}}};

}  // namespace

const char* work_name(const Work& work) {
  constexpr std::array<const char*, 4> kNames{"explore", "probe", "train", "drop"};
  return kNames[work.index()];
}

const char* failure_text(FailureKind kind) {
  for (const auto& [known, text] : kFailures) {
    if (known == kind) return text;
  }
  return "internal";
}

std::optional<FailureKind> parse_failure(std::string_view text) {
  for (const auto& [kind, known] : kFailures) {
    if (text == known) return kind;
  }
  return std::nullopt;
}

std::optional<double> metric_of(const std::map<std::string, double>& metrics, const Goal& goal) {
  const auto found = metrics.find(goal.metric);
  if (found == metrics.end() || !std::isfinite(found->second)) return std::nullopt;
  return found->second;
}

}  // namespace frugal
