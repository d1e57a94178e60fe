// The tensors of a model as views of one flat tensor that the owner of the network provides, and the copy
// that the layers compute with where that differs: lower precision, or values rounded to int8.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

namespace frugal {

// A tensor of the model: its shape, how it begins, and, once bound, its view of the flat state.
struct Weight {
  std::vector<std::int64_t> sizes;
  double deviation = 0.0;  // of a normal start; 0: every value is `fill`
  double fill = 0.0;
  bool range = false;   // a buffer that holds the range of activations
  at::Tensor start;     // instead of a normal start, where defined
  at::Tensor value;     // 4-D weights are channels-last
  at::Tensor compute;   // what layers multiply with; value itself unless the plan says otherwise
  at::Tensor gradient;  // set by backward, laid out like value; parameters only
  std::int64_t count() const;
};

// What the layers of one network share while they run.
struct LayerMode {
  enum class Int8 {
    Off,
    Train,    // activations are rounded while their ranges follow the batches; evaluation uses the ranges
    Observe,  // ranges widen to what passes, nothing is rounded
    Apply,    // activations are rounded by the ranges
  };
  Int8 int8 = Int8::Off;
  double dropout = 0.0;
  at::Generator generator;         // of dropout; seeded by the owner before a step
  std::int64_t multiply_adds = 0;  // counted up by every forward pass
  bool autocast = false;           // a script's operations choose their precision
  at::Tensor labels;               // of the batch under way, for layers that learn by themselves
  at::Tensor own_loss;             // mean loss of such layers; undefined: the outputs have a loss
  bool traced = false;             // functions of autograd layers run as TorchScript graphs
  std::function<void(const at::Tensor& mask)> drawn;  // told of every mask, where a pass is recorded
};

// What dropout multiplies values like `x` with, at the rate of the mode.
at::Tensor dropout_mask(const at::Tensor& x, LayerMode& mode);
// Draws it again into `mask`.
void fill_dropout_mask(at::Tensor& mask, LayerMode& mode);

// Collects the tensors of a model in a fixed order. Addresses stay valid; it cannot be copied.
class WeightPlan {
 public:
  WeightPlan() = default;
  WeightPlan(const WeightPlan&) = delete;
  WeightPlan& operator=(const WeightPlan&) = delete;

  Weight* parameter(std::vector<std::int64_t> sizes, double deviation, double fill = 0.0);
  Weight* buffer(std::vector<std::int64_t> sizes, double fill);
  // The parameters from here on are the head, which `freeze: backbone` still trains.
  void begin_head() { head_weight_ = parameters_.size(); }
  std::size_t head_weight() const { return head_weight_; }
  std::int64_t head_offset() const;
  std::int64_t parameter_count() const;
  std::int64_t buffer_count() const;
  std::deque<Weight>& parameters() { return parameters_; }
  std::deque<Weight>& buffers() { return buffers_; }
  LayerMode& mode() { return mode_; }

  // Makes every value a view of `flat`: the parameters, then the buffers. Layers compute in the type of
  // `flat` unless `compute` is another; `copy` asks for a copy of its own also where the types agree.
  void bind(const at::Tensor& flat, at::ScalarType compute, bool copy = false);
  void bind(const at::Tensor& flat) { bind(flat, flat.scalar_type()); }
  void initialise(std::uint64_t seed);
  // Brings the copy that layers compute with up to date; weights of two and more dimensions rounded to int8
  // with one scale an output channel when `int8`. Does nothing where there is no copy.
  void refresh(bool int8 = false);
  // Bytes of the parameters stored in float32, and with int8 weights and a float32 scale an output channel.
  std::int64_t float_bytes() const { return 4 * parameter_count(); }
  std::int64_t int8_bytes() const;

 private:
  std::deque<Weight> parameters_;
  std::deque<Weight> buffers_;
  std::size_t head_weight_ = 0;
  LayerMode mode_;
  at::Tensor flat_, copy_;  // the parameters, and their copy where there is one
};

// `w` rounded to 255 levels around 0, one scale a row of the first dimension.
at::Tensor rounded_to_int8(const at::Tensor& w);

}  // namespace frugal
