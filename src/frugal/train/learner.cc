#include "frugal/train/learner.h"

#include <algorithm>

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

// Every record with a partner of its class or, as likely, of another one, and whether they are alike.
Batch paired(const Batch& batch, std::uint64_t seed) {
  const std::int64_t n = batch.count();
  at::Generator random = new_generator(batch.images.device());
  random.set_current_seed(seed);
  const auto options = batch.images.options().dtype(at::kFloat).memory_format(Optional<at::MemoryFormat>());
  const at::Tensor alike = batch.labels.unsqueeze(1).eq(batch.labels.unsqueeze(0));
  const at::Tensor wanted = at::rand({n, 1}, random, options).lt(0.5);
  at::Tensor fit = at::rand({n, n}, random, options) + alike.eq(wanted).to(at::kFloat);
  fit.fill_diagonal_(-1.0);
  const at::Tensor partner = fit.argmax(1);
  Batch out = batch;
  out.images = at::cat({batch.images, batch.images.index_select(0, partner)});
  out.labels = batch.labels.index_select(0, partner).eq(batch.labels).to(at::kLong);
  out.coarse = at::Tensor();
  return out;
}

}  // namespace

at::Tensor loss_cell(at::Device device) {
  return at::zeros({}, at::TensorOptions().dtype(at::kDouble).device(device));
}

at::ScalarType stored_type(Precision precision) {
  return precision == Precision::Float16 ? at::kHalf : master_type(precision);
}

Learner::Learner(const ModelChoice& model, const DeviceSet& records, const TrialSettings& settings,
                 std::uint64_t seed)
    : settings_(settings),
      seed_(seed),
      shape_(records.shape()),
      seen_(records.seen_as()),
      compute_(model.name == "torchscript" ? at::kFloat : compute_type(settings.precision, records.device())),
      script_(model.name == "torchscript"),
      network_(model.name, records.shape(),
               {.int8 = settings.internal == Internal::Qat || settings.internal == Internal::Ptq,
                .traced = settings.internal == Internal::Jit,
                .script = model.script,
                .device = records.device()}) {
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
  plan.mode().autocast = model.name == "torchscript" && settings.precision == Precision::Mixed;
  if (model.freeze_backbone) network_.freeze_backbone();
  target_.parameters = values_.narrow(0, 0, parameters);
  target_.slots = values_.narrow(0, model_values, slots * parameters).view({slots, parameters});
  if (scaled) {
    scale_.emplace(values_.narrow(0, all - LossScale::kValues, LossScale::kValues));
    scale_->begin();
  }
}

// The batch as the network sees it: in the precision of the state, augmented, then as seen().
Batch Learner::prepared(const Batch& batch) {
  const std::uint64_t stream = derive_seed(derive_seed(seed_, "step"), static_cast<std::uint64_t>(updates_));
  LayerMode& mode = network_.plan().mode();
  mode.dropout = settings_.dropout;
  mode.generator.set_current_seed(derive_seed(stream, "layers"));
  if (script_) seed_default_generators(derive_seed(stream, "script"), values_.device());
  if (!batch.images.is_floating_point()) return batch;
  Batch out = batch;
  out.images = batch.images.to(values_.scalar_type());
  out = augmented(out, settings_.augmentation, seen_, shape_.largest, derive_seed(stream, "augment"));
  return seen(out, derive_seed(stream, "pairs"));
}

// In the precision of the layers, and as pairs where the model wants them.
Batch Learner::seen(const Batch& batch, std::uint64_t seed) {
  if (!batch.images.is_floating_point()) return batch;
  Batch out = network_.pairs() ? paired(batch, seed) : batch;
  out.images = out.images.to(compute_);
  return out;
}

void Learner::update(double rate) {
  WeightPlan& plan = network_.plan();
  TrainedPart part;
  if (network_.frozen()) part = {.first_weight = plan.head_weight(), .offset = plan.head_offset()};
  apply_update(target_, plan.parameters(),
               {.settings = settings_, .rate = rate, .update = ++updates_, .part = part});
}

void Learner::step(const Batch& given, at::Tensor& loss_sum) {
  const Batch batch = prepared(given);
  WeightPlan& plan = network_.plan();
  plan.refresh(settings_.internal == Internal::Qat);
  plan.mode().labels = batch.labels;
  const at::Tensor outputs = network_.forward(batch.images, true);
  const double rate = scheduled_rate(settings_, updates_);
  if (plan.mode().own_loss.defined()) {
    loss_sum.add_(plan.mode().own_loss.to(at::kDouble), static_cast<double>(batch.count()));
    plan.mode().own_loss.reset();
    update(rate);
    return;
  }
  at::Tensor gradient =
      batch_loss_gradient(outputs, batch, network_.outputs(), settings_.label_smoothing, loss_sum);
  if (!scale_) {
    network_.backward(std::move(gradient));
    update(rate);
    return;
  }
  const at::Tensor before = values_.clone();
  scale_->scale(gradient);
  network_.backward(std::move(gradient));
  const at::Tensor finite = scale_->unscale(plan.parameters(), network_.frozen() ? plan.head_weight() : 0);
  update(rate);
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
  Scores scores(network_.outputs(), records.device());
  const std::int64_t size = evaluation_batch(shape_);
  for (std::int64_t first = 0; first < records.count(); first += size) {
    const Batch batch = seen(records.range(first, size), static_cast<std::uint64_t>(first));
    scores.add(network_.forward(batch.images, false), batch);
  }
  return scores.result();
}

std::map<std::string, double> Learner::score_rounded(const DeviceSet& records, const DeviceSet& train) {
  WeightPlan& plan = network_.plan();
  for (const Weight& buffer : plan.buffers()) {
    if (buffer.range) buffer.value.zero_();
  }
  plan.mode().int8 = Int8::Observe;
  const std::int64_t calibrated = std::min(kCalibrationRecords, train.count());
  for (std::int64_t first = 0; first < calibrated; first += kEvaluationBatch)
    network_.forward(seen(train.range(first, std::min(kEvaluationBatch, calibrated - first)), 0).images,
                     false);
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

Status Learner::adopt(Network& other) {
  WeightPlan& own = network_.plan();
  WeightPlan& given = other.plan();
  const auto kept = [](WeightPlan& plan) {
    std::vector<Weight*> list;
    for (Weight& weight : plan.parameters()) list.push_back(&weight);
    for (Weight& buffer : plan.buffers()) {
      if (!buffer.range) list.push_back(&buffer);
    }
    return list;
  };
  const std::vector<Weight*> to = kept(own), from = kept(given);
  bool fits = to.size() == from.size();
  const auto in_head = [&](std::size_t i) { return i >= own.head_weight() && i < own.parameters().size(); };
  for (std::size_t i = 0; fits && i < to.size(); ++i) fits = in_head(i) || to[i]->sizes == from[i]->sizes;
  if (!fits)
    return bad_input("workload.pretrained: its model differs in more than the last layer",
                     "use a checkpoint of the same model on records of the same shape");
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i]->sizes == from[i]->sizes) to[i]->value.copy_(from[i]->value);
  }
  return {};
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

void Learner::load(std::span<const float> words, int epoch, std::int64_t updates) {
  void* data = const_cast<float*>(words.data());  // from_blob knows no constant data; it is only read
  values_.copy_(at::from_blob(data, values_.sizes(), at::TensorOptions().dtype(values_.scalar_type())));
  epoch_ = epoch;
  updates_ = updates;
}

}  // namespace frugal
