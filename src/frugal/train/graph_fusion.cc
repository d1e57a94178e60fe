#include "frugal/train/graph_fusion.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/common_subexpression_elimination.h>
#include <torch/csrc/jit/passes/constant_pooling.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>

#include <optional>

#include "frugal/train/fast_convolution.h"
#include "frugal/train/torch_compat.h"

namespace frugal {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

const auto kConvolution = c10::Symbol::fromQualString(kConvolutionNode);
const auto kNorm = c10::Symbol::fromQualString("aten::native_batch_norm");

// The scalar type of a recorded tensor; nothing when it was not told.
Optional<at::ScalarType> type_of(const Value* value) {
  const auto type = value->type()->cast<c10::TensorType>();
  return type ? type->scalarType() : Optional<at::ScalarType>();
}

// Convolution without a bias, looked at by nobody but `norm`, which uses its running statistics.
Node* foldable(Node* norm) {
  if (norm->kind() != kNorm) return nullptr;
  const auto training = torch::jit::constant_as<bool>(norm->input(5));
  Node* conv = norm->input(0)->node();
  if (!training || *training || conv->kind() != kConvolution) return nullptr;
  if (conv->output()->uses().size() != 1 || !conv->input(2)->mustBeNone()) return nullptr;
  if (norm->output(1)->hasUses() || norm->output(2)->hasUses()) return nullptr;
  const auto of_weight = type_of(conv->input(1)), of_scale = type_of(norm->input(1));
  return of_weight && of_weight == of_scale ? conv : nullptr;
}

// Reads norm(conv(x, w)) as conv(x, w·s) + (shift − mean·s) with s = scale/√(variance + ε). Computed in the
// graph, once a batch: weights are few beside the values that pass through them.
void fold(Graph& graph, Node* conv, Node* norm) {
  const torch::jit::WithInsertPoint at(conv);
  const auto op = [&graph](const char* name, std::initializer_list<Value*> inputs) {
    return graph.insertNode(graph.create(c10::Symbol::fromQualString(name), inputs))->output();
  };
  Value *scale = norm->input(1), *shift = norm->input(2), *mean = norm->input(3), *variance = norm->input(4);
  Value* epsilon = graph.insertConstant(*torch::jit::constant_as<double>(norm->input(7)));
  Value* one = graph.insertConstant(1);
  Value* rows = graph.insertConstant(std::vector<std::int64_t>{-1, 1, 1, 1});
  Value* s = op("aten::mul", {op("aten::rsqrt", {op("aten::add", {variance, epsilon, one})}), scale});
  Value* weight = op("aten::mul", {conv->input(1), op("aten::reshape", {s, rows})});
  Value* bias = op("aten::sub", {shift, op("aten::mul", {mean, s}), one});
  conv->replaceInput(1, weight);
  conv->replaceInput(2, bias);
  norm->output(0)->replaceAllUsesWith(conv->output());
  norm->destroy();
}

}  // namespace

void fuse(std::shared_ptr<Graph>& graph) {
  torch::jit::ConstantPropagation(graph);
  torch::jit::ConstantPooling(graph);
  for (auto it = graph->nodes().begin(); it != graph->nodes().end();) {
    Node* node = *it++;
    if (Node* conv = foldable(node)) fold(*graph, conv, node);
  }
  torch::jit::EliminateCommonSubexpression(graph);
  torch::jit::EliminateDeadCode(graph);
  graph->lint();
}

}  // namespace frugal
