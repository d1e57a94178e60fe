// The passes of a network as TorchScript graphs (internal: jit). The first batch of a shape passes through
// the layers and is recorded, forwards and backwards; what was recorded is rewritten (graph_fusion.h) and
// from then on run by libtorch's interpreter in place of the layers. Invariant: a graph holds no number of
// the state; the tensors of the plan are its inputs, and a layer that hides a tensor from the recording is
// found and refused.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "frugal/train/weights.h"

namespace frugal {

// What is recorded: the layers, called as Layer says.
struct LayerPasses {
  std::function<at::Tensor(const at::Tensor&, bool train)> forward;
  std::function<void(at::Tensor grad)> backward;  // leaves the gradients in the plan
};

class TracedPasses {
 public:
  // Borrows `plan`, whose tensors must be bound before the first pass and never again.
  TracedPasses(WeightPlan& plan, LayerPasses layers);
  ~TracedPasses();

  at::Tensor forward(const at::Tensor& x, bool train);
  // After forward(…, true), once: sets the gradients of the plan. May write into `grad`.
  void backward(at::Tensor grad);
  // Every graph so far as libtorch prints it, forward and backward by themselves.
  std::vector<std::string> text() const;

 private:
  struct Recording;
  struct Form;
  at::Tensor record(const at::Tensor& x, bool train);
  void record_backward(at::Tensor grad);
  void finish_recording();

  WeightPlan& plan_;
  LayerPasses layers_;
  std::vector<std::unique_ptr<Form>> forms_;  // one a shape of batch and mode
  std::unique_ptr<Recording> recording_;      // forward done, backward to come
  Form* running_ = nullptr;                   // likewise, of a form that was recorded before
};

}  // namespace frugal
