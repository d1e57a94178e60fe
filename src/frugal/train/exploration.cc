#include "frugal/train/exploration.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace frugal {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Puts state and settings back when it goes out of scope.
class Untouched {
 public:
  explicit Untouched(Learner& learner)
      : learner_(learner), settings_(learner.settings()), state_(learner.backup()) {}
  ~Untouched() {
    learner_.settings() = settings_;
    learner_.restore(state_);
  }
  Untouched(const Untouched&) = delete;
  Untouched& operator=(const Untouched&) = delete;
  const LearnerState& state() const { return state_; }

 private:
  Learner& learner_;
  TrialSettings settings_;
  LearnerState state_;
};

// The records of the exploratory fraction, at least one batch, in seeded order.
std::vector<std::int64_t> window(const Learner& learner, const DeviceSet& train, double fraction,
                                 std::int64_t batch) {
  std::vector<std::int64_t> order = shuffled_order(train.count(), learner.stream_seed("explore"));
  const auto held = static_cast<std::int64_t>(std::ceil(fraction * static_cast<double>(train.count())));
  order.resize(static_cast<std::size_t>(std::clamp(held, batch, train.count())));
  return order;
}

double finite_or_nan(double value) { return std::isfinite(value) ? value : kNaN; }

// One step at `rate` into its own cell of `losses`.
void explore_step(Learner& learner, BatchQueue& queue, double rate, at::Tensor cell) {
  learner.settings().learning_rate = rate;
  learner.step(queue.next(learner.settings().batch_size), cell);
}

}  // namespace

ExplorePlan plan_exploration(const ExploreRequest& request, std::int64_t train_samples,
                             std::int64_t batch_size) {
  const double held = std::ceil(request.fraction * static_cast<double>(train_samples));
  const int rates = static_cast<int>(request.rates.size());
  ExplorePlan plan;
  plan.budget_steps = std::max(1, static_cast<int>(std::ceil(held / static_cast<double>(batch_size))));
  if (!request.restart) {
    plan.steps = std::max(plan.budget_steps, rates);
    return plan;
  }
  const int least = std::max(1, request.min_cycles);
  int cycles = std::max(least, plan.budget_steps / rates);
  if (request.max_cycles > 0) cycles = std::min(cycles, std::max(least, request.max_cycles));
  plan.steps = cycles * rates;
  return plan;
}

ExploreReport explore_rates(Learner& learner, const DeviceSet& train, const DeviceSet& validation,
                            const ExploreRequest& request) {
  const Untouched untouched(learner);
  learner.settings().schedule = Schedule::Constant;  // every step has the rate that it is asked to try
  const std::int64_t batch = learner.settings().batch_size;
  const ExplorePlan plan = plan_exploration(request, train.count(), batch);
  BatchQueue queue(train, window(learner, train, request.fraction, batch), true);
  const auto targets = static_cast<double>(batch * std::max<std::int64_t>(1, train.shape().tokens));
  at::Tensor losses =
      at::full({plan.steps}, 0.0, at::TensorOptions().dtype(at::kDouble).device(train.device()));
  const int rates = static_cast<int>(request.rates.size());
  ExploreReport report;
  bool lost = false;  // this cycle diverged; only looked at where the next one starts afresh
  for (int i = 0; i < plan.steps; ++i) {
    if (request.restart && i > 0 && i % rates == 0) {
      learner.restore(untouched.state());
      lost = false;
    }
    if (lost) {
      losses[i].fill_(kNaN);
      continue;
    }
    explore_step(learner, queue, request.rates[static_cast<std::size_t>(i % rates)], losses[i]);
    report.samples += batch;
    ++report.steps;
    if (request.restart) lost = !std::isfinite(losses[i].item<double>());
  }
  const at::Tensor host = losses.cpu();
  for (int i = 0; i < plan.steps; ++i) {
    const double loss = host.data_ptr<double>()[i] / targets;
    report.curve.push_back(
        {.rate = request.rates[static_cast<std::size_t>(i % rates)], .loss = finite_or_nan(loss)});
  }
  report.budget_steps = plan.budget_steps;
  report.loss_before = report.curve.front().loss;  // a step's loss is taken before its update
  if (!request.restart) report.metrics = learner.evaluate(validation, train);
  return report;
}

ProbeReport probe_settings(Learner& learner, const DeviceSet& train, const DeviceSet& validation, int steps,
                           const TrialSettings& settings) {
  const Untouched untouched(learner);
  learner.settings() = settings;
  BatchQueue queue(train, shuffled_order(train.count(), learner.stream_seed("probe")), true);
  at::Tensor sum = loss_cell(train.device());
  for (int i = 0; i < steps; ++i) learner.step(queue.next(settings.batch_size), sum);
  ProbeReport report;
  report.samples = steps * settings.batch_size;
  report.loss = sum.item<double>() /
                static_cast<double>(report.samples * std::max<std::int64_t>(1, train.shape().tokens));
  report.metrics = learner.evaluate(validation, train);
  return report;
}

}  // namespace frugal
