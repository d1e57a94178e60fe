// A function of tensors that libtorch's autograd differentiates, as TorchScript graphs (internal: jit):
// recorded once for each shape of batch, rewritten (graph_fusion.h) and run by libtorch's graph executor.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "frugal/train/weights.h"

namespace frugal {

class TracedFunction {
 public:
  using Function = std::function<at::Tensor(const at::Tensor& x, const std::vector<at::Tensor>& weights)>;
  explicit TracedFunction(LayerMode& mode);
  ~TracedFunction();
  // function(x, weights), by the graph for inputs of this shape.
  at::Tensor run(const Function& function, const at::Tensor& x, const std::vector<at::Tensor>& weights,
                 bool train);

 private:
  struct Form;
  LayerMode& mode_;
  std::vector<std::unique_ptr<Form>> forms_;
};

}  // namespace frugal
