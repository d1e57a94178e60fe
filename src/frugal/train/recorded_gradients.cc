#include "frugal/train/recorded_gradients.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/ir.h>

#include <array>

namespace frugal {
namespace {

namespace tracer = torch::jit::tracer;

using Wanted = std::array<bool, 3>;
using Gradients = std::tuple<at::Tensor, at::Tensor, at::Tensor>;

// What run() answers; while a recording is under way also a node `name` of `arguments` and `wanted` in it.
template <class Arguments, class Run>
Gradients recorded(const char* name, const Wanted& wanted, Arguments arguments, Run run) {
  const std::shared_ptr<tracer::TracingState> state = tracer::getTracingState();
  if (!state) return run();
  torch::jit::Node* node = state->createNode(c10::Symbol::fromQualString(name), 0);
  arguments(node);
  c10::List<bool> list;
  for (const bool each : wanted) list.push_back(each);
  node->addInput(state->graph->insertConstant(list));
  state->insertNode(node);
  tracer::setTracingState(nullptr);
  Gradients out = run();
  tracer::setTracingState(state);
  tracer::addOutput(node, std::get<0>(out));
  tracer::addOutput(node, std::get<1>(out));
  tracer::addOutput(node, std::get<2>(out));
  return out;
}

}  // namespace

ConvolutionGradients convolution_gradients(const at::Tensor& grad, const at::Tensor& input,
                                           const at::Tensor& weight, const ConvolutionShape& s) {
  const std::array<std::int64_t, 2> stride = {s.stride, s.stride}, padding = {s.padding, s.padding},
                                    one = {1, 1}, zero = {0, 0};
  const Wanted wanted = {s.want_input, true, false};
  auto [to_input, to_weight, to_bias] = recorded(
      "aten::convolution_backward", wanted,
      [&](torch::jit::Node* node) {
        for (const at::Tensor& tensor : {grad, input, weight}) tracer::addInputs(node, "tensor", tensor);
        node->addInput(node->owningGraph()->insertConstant(at::IValue()));  // sizes of the bias
        for (const auto& list : {stride, padding, one})
          tracer::addInputs(node, "list", at::IntArrayRef(list));
        tracer::addInputs(node, "transposed", false);
        tracer::addInputs(node, "output_padding", at::IntArrayRef(zero));
        tracer::addInputs(node, "groups", s.groups);
      },
      [&] {
        return at::convolution_backward(grad, input, weight, at::OptionalIntArrayRef(), stride, padding, one,
                                        false, zero, s.groups, wanted);
      });
  return {.input = std::move(to_input), .weight = std::move(to_weight)};
}

Gradients norm_gradients(const at::Tensor& grad, const NormPass& p) {
  const Wanted wanted = {true, true, true};
  return recorded(
      "aten::native_batch_norm_backward", wanted,
      [&](torch::jit::Node* node) {
        for (const at::Tensor& tensor :
             {grad, p.input, p.scale, p.mean, p.variance, p.batch_mean, p.batch_inverse})
          tracer::addInputs(node, "tensor", tensor);
        tracer::addInputs(node, "train", true);
        tracer::addInputs(node, "eps", p.epsilon);
      },
      [&] {
        return at::native_batch_norm_backward(grad, p.input, p.scale, p.mean, p.variance, p.batch_mean,
                                              p.batch_inverse, true, p.epsilon, wanted);
      });
}

}  // namespace frugal
