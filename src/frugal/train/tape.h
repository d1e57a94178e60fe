// Records what layers do on this thread as a TorchScript graph: what traced_passes and traced_function share.
#pragma once

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <vector>

#include "frugal/train/weights.h"

namespace frugal {

// What must be alike for a graph to fit a batch.
struct BatchForm {
  std::vector<std::int64_t> sizes, strides;
  at::ScalarType type;
  bool train, dropout;
  bool operator==(const BatchForm&) const = default;
};
BatchForm batch_form(const at::Tensor& x, bool train, const LayerMode& mode);

// Records between resume() and pause(). Masks of dropout become inputs of the graph.
class Tape {
 public:
  explicit Tape(LayerMode& mode);
  ~Tape() { pause(); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  void resume();
  void pause();
  torch::jit::Value* input(const at::Tensor& tensor);
  // Of a tensor that the recording has met, else an exception.
  torch::jit::Value* value(const at::Tensor& tensor) const;
  bool knows(const at::Tensor& tensor) const { return tensor.defined() && state_->hasValue(tensor); }
  const std::shared_ptr<torch::jit::Graph>& graph() const { return state_->graph; }
  const std::vector<at::Tensor>& masks() const { return masks_; }
  // Throws when a tensor came from outside of the recording: it would stay what it was for ever.
  void refuse_hidden_tensors() const;

 private:
  LayerMode& mode_;
  std::shared_ptr<torch::jit::tracer::TracingState> state_;
  std::vector<at::Tensor> masks_;
};

// A mask of dropout as it was drawn while recording, to be drawn again.
struct MaskForm {
  std::vector<std::int64_t> sizes, strides;
  at::TensorOptions options;
};
std::vector<MaskForm> mask_forms(const std::vector<at::Tensor>& masks);
at::Tensor draw(const MaskForm& form, LayerMode& mode);

}  // namespace frugal
