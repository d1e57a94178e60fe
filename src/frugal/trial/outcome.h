// An Outcome is what one step gave: metrics, curves, joules by phase, or the reason why it failed.
// A History is all finished steps of a study in order: everything a strategy knows.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "frugal/energy/figure.h"
#include "frugal/energy/report.h"
#include "frugal/trial/step.h"

namespace frugal {

// One epoch: mean training loss, validation metrics, its time and joules (absent when nothing measured).
struct EpochRow {
  int epoch = 0;  // counted from 1 over the life of the trial
  double loss = 0;
  std::map<std::string, double> metrics;
  std::int64_t samples = 0;
  Duration duration;
  std::optional<EnergyFigure> energy = {};
};

struct RatePoint {
  double rate = 0;
  double loss = 0;
};

enum class FailureKind {
  Diverged,
  OutOfMemory,
  Invalid,
  Unsupported,
  Internal,
  Died,            // the worker process ended, hung or wrote something else
  CheckpointLost,  // the state to start from is missing or damaged
  Interrupted,     // the user asked to stop
};
const char* failure_text(FailureKind kind);
std::optional<FailureKind> parse_failure(std::string_view text);

inline constexpr const char* kTestPrefix = "test_";

struct Failure {
  FailureKind kind = FailureKind::Internal;
  std::string message;
};

struct Outcome {
  std::optional<Failure> failure = {};
  std::vector<EpochRow> epochs = {};  // of Train
  std::vector<RatePoint> curve = {};  // of Explore, in the order of its steps
  double loss_before = 0;             // of Explore
  // Of Explore (when its cycles continue) and of Probe; of Train those of the test part, each with
  // kTestPrefix, where the worker looked. No strategy reads the latter.
  std::map<std::string, double> metrics = {};
  std::int64_t samples = 0;  // training samples processed
  int steps = 0;             // optimiser steps of Explore
  int budget_steps = 0;      // of Explore: batches in its fraction of the training set
  std::optional<std::int64_t> train_samples =
      {};                    // of Explore: size of the training set, where the worker told it
  EnergyReport energy = {};  // of the whole step
  Duration duration;
  std::vector<std::string> remarks = {};  // caveats for the study; kept there, not with the outcome
};

struct Observation {
  int number = 0;  // of the step in the study, from 0
  Step step;
  Outcome outcome;
};

using History = std::span<const Observation>;

// The metric that steers a study.
struct Goal {
  std::string metric = "accuracy";
  bool maximise = true;

  bool better(double a, double b) const { return maximise ? a > b : a < b; }
};

// The metric of an epoch or a probe; nothing when absent or not finite.
std::optional<double> metric_of(const std::map<std::string, double>& metrics, const Goal& goal);

}  // namespace frugal
