#include "frugal/train/script_model.h"

#include <torch/script.h>

#include <filesystem>

#include "frugal/train/autograd.h"
#include "frugal/train/torch_compat.h"

namespace frugal {
namespace {

class Script final : public Layer {
 public:
  Script(WeightPlan& plan, const std::string& path, at::Device device)
      : mode_(plan.mode()), module_(torch::jit::load(path, device)) {
    for (const auto& parameter : module_.parameters()) {
      if (!parameter.requires_grad()) {  // frozen by whoever wrote the script
        keep(buffers_, plan.buffer(parameter.sizes().vec(), 0.0), parameter);
        continue;
      }
      if (parameter.scalar_type() != at::kFloat)
        throw std::invalid_argument("a parameter of the script is not float32");
      keep(parameters_, plan.parameter(parameter.sizes().vec(), 0.0), parameter);
    }
    if (parameters_.empty()) throw std::invalid_argument("the script has no parameters to train");
    for (const auto& buffer : module_.buffers())
      keep(buffers_, plan.buffer(buffer.sizes().vec(), 0.0), buffer);
  }

  at::Tensor forward(const at::Tensor& x, bool train) override {
    bind();
    module_.train(train);
    const at::AutoGradMode graph(train);
    const Autocast autocast(mode_.autocast, x.device());
    const torch::jit::GraphOptimizerEnabledGuard optimise(learns_its_graph(x.device()));
    output_ = module_.forward({x}).toTensor();
    for (const Pair& buffer : buffers_) {
      if (!shared(buffer)) buffer.weight->value.copy_(buffer.tensor);
    }
    return output_.detach();
  }

  at::Tensor backward(at::Tensor grad) override {
    output_.backward(grad.view_as(output_));
    for (Pair& parameter : parameters_) {
      parameter.weight->gradient = laid_out_gradient(parameter.tensor);
      parameter.tensor.mutable_grad().reset();
    }
    output_.reset();
    return {};
  }

 private:
  struct Pair {
    Weight* weight;
    at::Tensor tensor;  // of the module
  };
  static void keep(std::vector<Pair>& list, Weight* weight, const at::Tensor& tensor) {
    weight->start = tensor.detach().clone();
    list.push_back({weight, tensor});
  }
  // libtorch rewrites a graph after its first runs. On a CPU that gains nothing (there is no compiler for
  // fused loops) and changes the last digits, so that a trial that goes on in another process would be
  // another trial.
  static bool learns_its_graph(at::Device device) { return device.is_cuda(); }
  static bool shared(const Pair& p) { return p.tensor.data_ptr() == p.weight->value.data_ptr(); }

  // The module's tensors become those of the state; counters of whole numbers are copied instead.
  void bind() {
    for (Pair& parameter : parameters_) {
      if (!shared(parameter)) parameter.tensor.set_data(parameter.weight->value);
    }
    for (Pair& buffer : buffers_) {
      if (shared(buffer)) continue;
      if (buffer.tensor.scalar_type() == buffer.weight->value.scalar_type()) {
        buffer.tensor.set_data(buffer.weight->value);
      } else {
        buffer.tensor.copy_(buffer.weight->value);
      }
    }
  }

  LayerMode& mode_;
  torch::jit::Module module_;
  std::vector<Pair> parameters_, buffers_;
  at::Tensor output_;
};

}  // namespace

std::unique_ptr<Layer> make_script(WeightPlan& plan, const std::string& path, at::Device device) {
  return std::make_unique<Script>(plan, path, device);
}

Status check_script(const std::string& path, const at::Tensor& record, std::int64_t outputs) {
  const std::string hint =
      "save it with torch.jit.save(torch.jit.script(model), FILE), of a version of PyTorch not "
      "newer than " +
      libtorch_version();
  if (!std::filesystem::exists(path)) return bad_input("torchscript " + path + ": is not there", hint);
  try {
    const at::NoGradGuard no_graph;
    torch::jit::Module module = torch::jit::load(path, record.device());
    module.eval();
    const at::Tensor answer = module.forward({at::cat({record, record})}).toTensor();
    if (answer.dim() == 2 && answer.size(0) == 2 && answer.size(1) == outputs) return {};
    std::string shape;
    for (const std::int64_t size : answer.sizes())
      shape += (shape.empty() ? "" : ", ") + std::to_string(size);
    return bad_input("torchscript " + path + ": answers two records with [" + shape +
                         "], the data set wants [2, " + std::to_string(outputs) + "]",
                     "give the model " + std::to_string(outputs) + " outputs");
  } catch (const std::exception& error) {
    return bad_input("torchscript " + path + " cannot be used: " + short_message(error), hint);
  }
}

}  // namespace frugal
