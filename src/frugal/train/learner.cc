#include "frugal/train/learner.h"

#include <cstring>

#include "frugal/base/rng.h"

namespace frugal {
namespace {

constexpr std::int64_t kEvaluationBatch = 256;

}  // namespace

at::Tensor loss_cell(at::Device device) {
  return at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device));
}

Learner::Learner(const std::string& model, const DeviceImages& images, const TrialSettings& settings,
                 std::uint64_t seed)
    : settings_(settings), seed_(seed), network_(model, images.shape()) {
  WeightPlan& plan = network_.plan();
  const std::int64_t parameters = plan.parameter_count();
  const std::int64_t model_values = parameters + plan.buffer_count();
  const int slots = update_slots(settings.optimizer);
  values_ = at::zeros({model_values + slots * parameters},
                      at::TensorOptions().dtype(at::kFloat).device(images.device()));
  plan.bind(values_);
  plan.initialise(seed);
  target_.parameters = values_.narrow(0, 0, parameters);
  target_.slots = values_.narrow(0, model_values, slots * parameters).view({slots, parameters});
}

void Learner::step(const Batch& batch, at::Tensor& loss_sum) {
  const at::Tensor logits = network_.forward(batch.images, true);
  network_.backward(cross_entropy_gradient(logits, batch.labels, settings_.label_smoothing, loss_sum));
  apply_update(target_, network_.plan().parameters(), settings_, ++updates_);
}

double Learner::train_epoch(const DeviceImages& train) {
  BatchQueue queue(train, shuffled_order(train.count(), stream_seed("train")), false);
  at::Tensor loss_sum = loss_cell(train.device());
  for (Batch batch = queue.next(settings_.batch_size); batch.count() > 0;
       batch = queue.next(settings_.batch_size))
    step(batch, loss_sum);
  ++epoch_;
  return loss_sum.item<double>() / static_cast<double>(train.count());
}

std::map<std::string, double> Learner::evaluate(const DeviceImages& validation) {
  at::Tensor loss_sum = loss_cell(validation.device());
  at::Tensor right = at::zeros({}, at::TensorOptions().dtype(at::kLong).device(validation.device()));
  for (std::int64_t first = 0; first < validation.count(); first += kEvaluationBatch) {
    const Batch batch = validation.range(first, kEvaluationBatch);
    const at::Tensor logits = network_.forward(batch.images, false);
    right.add_(logits.argmax(1).eq(batch.labels).sum());
    cross_entropy_gradient(logits, batch.labels, 0.0, loss_sum);
  }
  const double n = static_cast<double>(validation.count());
  return {{"accuracy", static_cast<double>(right.item<std::int64_t>()) / n},
          {"loss", loss_sum.item<double>() / n}};
}

std::uint64_t Learner::stream_seed(std::string_view stream) const {
  return derive_seed(derive_seed(seed_, stream), static_cast<std::uint64_t>(epoch_));
}

LearnerState Learner::backup() const {
  return {.values = values_.clone(), .epoch = epoch_, .updates = updates_};
}

void Learner::restore(const LearnerState& state) {
  values_.copy_(state.values);
  epoch_ = state.epoch;
  updates_ = state.updates;
}

at::Tensor Learner::host_values() const { return values_.cpu(); }

void Learner::load(std::span<const float> values, int epoch, std::int64_t updates) {
  const at::Tensor host = at::empty({value_count()}, at::kFloat);
  std::memcpy(host.data_ptr<float>(), values.data(), values.size_bytes());
  values_.copy_(host);
  epoch_ = epoch;
  updates_ = updates;
}

}  // namespace frugal
