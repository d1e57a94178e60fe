#include "frugal/train/recorded_passes.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>

#include <array>
#include <vector>

namespace frugal {
namespace {

namespace tracer = torch::jit::tracer;
using torch::jit::Node;

// What run() answers; while a recording is under way also a node `name` with the inputs that `arguments`
// adds.
template <class Arguments, class Run>
std::vector<at::Tensor> recorded(const char* name, Arguments arguments, Run run) {
  const std::shared_ptr<tracer::TracingState> state = tracer::getTracingState();
  if (!state) return run();
  Node* node = state->createNode(c10::Symbol::fromQualString(name), 0);
  arguments(node);
  state->insertNode(node);
  tracer::setTracingState(nullptr);
  std::vector<at::Tensor> out = run();
  tracer::setTracingState(state);
  for (const at::Tensor& each : out) tracer::addOutput(node, each);
  return out;
}

void add_constant(Node* node, const at::IValue& value) {
  node->addInput(node->owningGraph()->insertConstant(value));
}

void add_shape(Node* node, const ConvolutionShape& s) {
  for (const std::int64_t each : {s.stride, s.padding, s.groups}) add_constant(node, each);
}

}  // namespace

at::Tensor convolution(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                       const ConvolutionShape& s) {
  return recorded(
             kConvolutionNode,
             [&](Node* node) {
               for (const at::Tensor& tensor : {input, weight, bias})
                 tracer::addInputs(node, "tensor", tensor);
               add_shape(node, s);
             },
             [&] { return std::vector{fast_convolution(input, weight, bias, s)}; })
      .front();
}

ConvolutionGradients convolution_gradients(const at::Tensor& grad, const at::Tensor& input,
                                           const at::Tensor& weight, const ConvolutionShape& s,
                                           bool want_input) {
  std::vector<at::Tensor> found = recorded(
      kConvolutionGradientsNode,
      [&](Node* node) {
        for (const at::Tensor& tensor : {grad, input, weight}) tracer::addInputs(node, "tensor", tensor);
        add_shape(node, s);
        add_constant(node, want_input);
      },
      [&] {
        ConvolutionGradients gradients = fast_convolution_gradients(grad, input, weight, s, want_input);
        return std::vector{std::move(gradients.input), std::move(gradients.weight)};
      });
  return {.input = std::move(found[0]), .weight = std::move(found[1])};
}

std::tuple<at::Tensor, at::Tensor, at::Tensor> norm_gradients(const at::Tensor& grad, const NormPass& p) {
  std::vector<at::Tensor> found = recorded(
      "aten::native_batch_norm_backward",
      [&](Node* node) {
        for (const at::Tensor& tensor :
             {grad, p.input, p.scale, p.mean, p.variance, p.batch_mean, p.batch_inverse})
          tracer::addInputs(node, "tensor", tensor);
        add_constant(node, true);
        add_constant(node, p.epsilon);
        add_constant(node, c10::List<bool>({true, true, true}));
      },
      [&] {
        auto [to_input, to_scale, to_shift] =
            at::native_batch_norm_backward(grad, p.input, p.scale, p.mean, p.variance, p.batch_mean,
                                           p.batch_inverse, true, p.epsilon, {true, true, true});
        return std::vector{std::move(to_input), std::move(to_scale), std::move(to_shift)};
      });
  return {std::move(found[0]), std::move(found[1]), std::move(found[2])};
}

}  // namespace frugal
