#include "frugal/train/traced_function.h"

#include <torch/csrc/jit/runtime/graph_executor.h>

#include "frugal/train/graph_fusion.h"
#include "frugal/train/tape.h"

namespace frugal {

namespace jit = torch::jit;

struct TracedFunction::Form {
  BatchForm key;
  std::vector<MaskForm> masks;
  jit::GraphExecutor executor;
};

TracedFunction::TracedFunction(LayerMode& mode) : mode_(mode) {}
TracedFunction::~TracedFunction() = default;

at::Tensor TracedFunction::run(const Function& function, const at::Tensor& x,
                               const std::vector<at::Tensor>& weights, bool train) {
  const BatchForm key = batch_form(x, train, mode_);
  Form* form = nullptr;
  for (const auto& known : forms_) {
    if (known->key == key) form = known.get();
  }
  std::vector<at::Tensor> masks;
  if (form == nullptr) {
    Tape tape(mode_);
    {
      const at::NoGradGuard no_graph;
      tape.input(x);
      for (const at::Tensor& weight : weights) tape.input(weight);
      tape.resume();
      const at::Tensor answer = function(x, weights);
      tape.pause();
      tape.graph()->registerOutput(tape.value(answer));
    }
    tape.refuse_hidden_tensors();
    masks = tape.masks();
    std::shared_ptr<jit::Graph> graph = tape.graph();
    fuse(graph);
    forms_.push_back(std::make_unique<Form>(
        Form{.key = key, .masks = mask_forms(masks), .executor = jit::GraphExecutor(graph, "layer")}));
    form = forms_.back().get();
  } else {
    for (const MaskForm& mask : form->masks) masks.push_back(draw(mask, mode_));
  }
  jit::Stack stack = {x};
  stack.insert(stack.end(), weights.begin(), weights.end());
  stack.insert(stack.end(), masks.begin(), masks.end());
  // libtorch rewrites a graph after its first runs; on a CPU that gains nothing and changes the last digits.
  const jit::GraphOptimizerEnabledGuard optimise(x.device().is_cuda());
  form->executor.run(stack);
  return stack.front().toTensor();
}

}  // namespace frugal
