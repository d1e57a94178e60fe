#include "frugal/train/fast_convolution.h"

#include <ATen/core/grad_mode.h>
#include <torch/library.h>

#include <array>

#include "frugal/train/torch_compat.h"
#include "frugal/train/winograd.h"

namespace frugal {

at::Tensor fast_convolution(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                            const ConvolutionShape& s) {
  const bool differentiated = at::GradMode::is_enabled() && (input.requires_grad() || weight.requires_grad());
  if (!differentiated && winograd_fits(input, weight, s)) {
    at::Tensor output = winograd_convolution(input, weight);
    if (bias.defined()) output.add_(bias.view({1, -1, 1, 1}));
    return output;
  }
  return at::convolution(input, weight, bias, {s.stride, s.stride}, {s.padding, s.padding}, {1, 1}, false,
                         {0, 0}, s.groups);
}

ConvolutionGradients fast_convolution_gradients(const at::Tensor& grad, const at::Tensor& input,
                                                const at::Tensor& weight, const ConvolutionShape& s,
                                                bool want_input) {
  if (winograd_fits(input, weight, s)) return winograd_gradients(grad, input, weight, want_input);
  const std::array<std::int64_t, 2> stride = {s.stride, s.stride}, padding = {s.padding, s.padding},
                                    one = {1, 1}, zero = {0, 0};
  auto [to_input, to_weight, to_bias] =
      at::convolution_backward(grad, input, weight, at::OptionalIntArrayRef(), stride, padding, one, false,
                               zero, s.groups, {want_input, true, false});
  return {.input = std::move(to_input), .weight = std::move(to_weight)};
}

namespace {

at::Tensor in_graph(const at::Tensor& input, const at::Tensor& weight, const Optional<at::Tensor>& bias,
                    std::int64_t stride, std::int64_t padding, std::int64_t groups) {
  return fast_convolution(input, weight, bias.value_or(at::Tensor()), {stride, padding, groups});
}

std::tuple<at::Tensor, at::Tensor> gradients_in_graph(const at::Tensor& grad, const at::Tensor& input,
                                                      const at::Tensor& weight, std::int64_t stride,
                                                      std::int64_t padding, std::int64_t groups,
                                                      bool want_input) {
  ConvolutionGradients found =
      fast_convolution_gradients(grad, input, weight, {stride, padding, groups}, want_input);
  return {std::move(found.input), std::move(found.weight)};
}

}  // namespace

TORCH_LIBRARY(frugal, library) {
  library.def(
      "convolution(Tensor input, Tensor weight, Tensor? bias, int stride, int padding, int groups) -> Tensor",
      in_graph);
  library.def(
      "convolution_gradients(Tensor grad, Tensor input, Tensor weight, int stride, int padding, int groups, "
      "bool want_input) -> (Tensor, Tensor)",
      gradients_in_graph);
}

}  // namespace frugal
