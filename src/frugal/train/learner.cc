#include "frugal/train/learner.h"

#include <algorithm>
#include <cstring>

#include "frugal/base/rng.h"
#include "frugal/train/augment.h"
#include "frugal/train/schedule.h"
#include "frugal/train/scores.h"
#include "frugal/train/torch_compat.h"

namespace frugal {
namespace {

constexpr std::int64_t kEvaluationBatch = 256;
constexpr std::int64_t kEvaluationOutputs = 1 << 23;  // at most, of one batch
constexpr std::int64_t kCalibrationRecords = 512;

using Int8 = LayerMode::Int8;

at::ScalarType master_type(Precision precision) {
  return precision == Precision::Float64 ? at::kDouble : at::kFloat;
}

at::ScalarType compute_type(Precision precision, at::Device device) {
  if (precision != Precision::Mixed) return master_type(precision);
  return device.is_cuda() ? at::kHalf : at::kBFloat16;
}

std::int64_t targets_of(const DeviceSet& records) {
  return records.count() * std::max<std::int64_t>(1, records.shape().tokens);
}

std::int64_t evaluation_batch(const ImageShape& shape) {
  const std::int64_t outputs = shape.outputs() * std::max<std::int64_t>(1, shape.tokens);
  return std::clamp<std::int64_t>(kEvaluationOutputs / outputs, 1, kEvaluationBatch);
}

}  // namespace

at::Tensor loss_cell(at::Device device) {
  return at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device));
}

at::ScalarType stored_type(Precision precision) {
  return precision == Precision::Float16 ? at::kHalf : master_type(precision);
}

Learner::Learner(const std::string& model, const DeviceSet& records, const TrialSettings& settings,
                 std::uint64_t seed)
    : settings_(settings),
      seed_(seed),
      shape_(records.shape()),
      seen_(records.seen_as()),
      compute_(compute_type(settings.precision, records.device())),
      network_(model, records.shape(),
               {.int8 = settings.internal == Internal::Qat || settings.internal == Internal::Ptq}) {
  WeightPlan& plan = network_.plan();
  const std::int64_t parameters = plan.parameter_count();
  const std::int64_t model_values = parameters + plan.buffer_count();
  const int slots = update_slots(settings.optimizer);
  const bool scaled = compute_ == at::kHalf;
  const std::int64_t all = model_values + slots * parameters + (scaled ? LossScale::kValues : 0);
  values_ =
      at::zeros({all}, at::TensorOptions().dtype(master_type(settings.precision)).device(records.device()));
  const bool rounded = settings.internal == Internal::Qat || settings.internal == Internal::Ptq;
  plan.bind(values_, compute_, rounded);
  plan.initialise(seed);
  plan.mode().int8 = settings.internal == Internal::Qat ? Int8::Train : Int8::Off;
  plan.mode().generator = new_generator(records.device());
  target_.parameters = values_.narrow(0, 0, parameters);
  target_.slots = values_.narrow(0, model_values, slots * parameters).view({slots, parameters});
  if (scaled) {
    scale_.emplace(values_.narrow(0, all - LossScale::kValues, LossScale::kValues));
    scale_->begin();
  }
}

// The batch as the network sees it: in the precision of the state, augmented, then in that of the layers.
Batch Learner::prepared(const Batch& batch) {
  const std::uint64_t stream = derive_seed(derive_seed(seed_, "step"), static_cast<std::uint64_t>(updates_));
  Batch out = batch;
  if (!batch.images.is_floating_point()) return out;
  out.images = batch.images.to(values_.scalar_type());
  out = augmented(out, settings_.augmentation, seen_, shape_.largest, derive_seed(stream, "augment"));
  out.images = out.images.to(compute_);
  LayerMode& mode = network_.plan().mode();
  mode.dropout = settings_.dropout;
  if (mode.dropout > 0.0) mode.generator.set_current_seed(derive_seed(stream, "dropout"));
  return out;
}

void Learner::step(const Batch& given, at::Tensor& loss_sum) {
  const Batch batch = prepared(given);
  WeightPlan& plan = network_.plan();
  plan.refresh(settings_.internal == Internal::Qat);
  const at::Tensor outputs = network_.forward(batch.images, true);
  at::Tensor gradient = batch_loss_gradient(outputs, batch, shape_, settings_.label_smoothing, loss_sum);
  const double rate = scheduled_rate(settings_, updates_);
  const UpdateStep update{.settings = settings_, .rate = rate, .update = ++updates_};
  if (!scale_) {
    network_.backward(std::move(gradient));
    apply_update(target_, plan.parameters(), update);
    return;
  }
  const at::Tensor before = values_.clone();
  scale_->scale(gradient);
  network_.backward(std::move(gradient));
  const at::Tensor finite = scale_->unscale(plan.parameters(), 0);
  apply_update(target_, plan.parameters(), update);
  values_.copy_(at::where(finite, values_, before));
  scale_->follow(finite);
}

double Learner::train_epoch(const DeviceSet& train) {
  BatchQueue queue(train, shuffled_order(train.count(), stream_seed("train")), false);
  at::Tensor loss_sum = loss_cell(train.device());
  for (Batch batch = queue.next(settings_.batch_size); batch.count() > 0;
       batch = queue.next(settings_.batch_size))
    step(batch, loss_sum);
  ++epoch_;
  return loss_sum.item<double>() / static_cast<double>(targets_of(train));
}

std::map<std::string, double> Learner::score(const DeviceSet& records) {
  Scores scores(shape_, records.device());
  const std::int64_t size = evaluation_batch(shape_);
  for (std::int64_t first = 0; first < records.count(); first += size) {
    const Batch batch = records.range(first, size);
    const bool numbers = batch.images.is_floating_point();
    scores.add(network_.forward(numbers ? batch.images.to(compute_) : batch.images, false), batch);
  }
  return scores.result();
}

std::map<std::string, double> Learner::score_rounded(const DeviceSet& records, const DeviceSet& train) {
  WeightPlan& plan = network_.plan();
  for (const Weight& buffer : plan.buffers()) {
    if (buffer.range) buffer.value.zero_();
  }
  plan.mode().int8 = Int8::Observe;
  const std::int64_t seen = std::min(kCalibrationRecords, train.count());
  for (std::int64_t first = 0; first < seen; first += kEvaluationBatch)
    network_.forward(train.range(first, std::min(kEvaluationBatch, seen - first)).images.to(compute_), false);
  plan.mode().int8 = Int8::Apply;
  plan.refresh(true);
  std::map<std::string, double> out = score(records);
  plan.mode().int8 = Int8::Off;
  plan.refresh();
  return out;
}

std::map<std::string, double> Learner::evaluate(const DeviceSet& validation, const DeviceSet& train) {
  WeightPlan& plan = network_.plan();
  plan.refresh(settings_.internal == Internal::Qat);
  std::map<std::string, double> as_is = score(validation);
  if (settings_.internal != Internal::Ptq && settings_.internal != Internal::Qat) return as_is;
  std::map<std::string, double> out = as_is;
  if (settings_.internal == Internal::Ptq) {
    out = score_rounded(validation, train);
    for (const auto& [name, value] : as_is) out["float_" + name] = value;
  }
  out["model_bytes"] = static_cast<double>(plan.float_bytes());
  out["int8_bytes"] = static_cast<double>(plan.int8_bytes());
  return out;
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

std::int64_t Learner::word_count() const {
  return values_.numel() * static_cast<std::int64_t>(values_.element_size() / sizeof(float));
}

std::vector<float> Learner::host_words() const {
  const at::Tensor host = values_.cpu();
  std::vector<float> words(static_cast<std::size_t>(word_count()));
  std::memcpy(words.data(), host.data_ptr(), words.size() * sizeof(float));
  return words;
}

void Learner::load(std::span<const float> words, int epoch, std::int64_t updates) {
  const at::Tensor host = at::empty(values_.sizes(), values_.scalar_type());
  std::memcpy(host.data_ptr(), words.data(), words.size_bytes());
  values_.copy_(host);
  epoch_ = epoch;
  updates_ = updates;
}

}  // namespace frugal
