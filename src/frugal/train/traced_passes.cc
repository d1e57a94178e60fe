#include "frugal/train/traced_passes.h"

#include <torch/csrc/jit/runtime/interpreter.h>

#include <stdexcept>
#include <unordered_map>

#include "frugal/train/graph_fusion.h"
#include "frugal/train/tape.h"

namespace frugal {
namespace {

namespace jit = torch::jit;
using jit::Graph;
using jit::Node;
using jit::Value;

// A stretch of nodes cut out of a graph: a graph of its own, and what it needs from outside.
struct Piece {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::vector<Value*> needs;  // of the whole graph, in the order of the inputs
};

Piece cut(const std::vector<Node*>& nodes, const std::vector<Value*>& results) {
  Piece piece;
  std::unordered_map<Value*, Value*> inside;
  const auto find = [&](Value* outer) {
    const auto known = inside.find(outer);
    if (known != inside.end()) return known->second;
    Value* value = nullptr;
    if (outer->node()->kind() == c10::prim::Constant) {
      Node* constant = piece.graph->createClone(outer->node(), [](Value* v) { return v; });
      piece.graph->prependNode(constant);
      value = constant->output();
    } else {
      value = piece.graph->addInput()->copyMetadata(outer);
      piece.needs.push_back(outer);
    }
    return inside[outer] = value;
  };
  for (Node* node : nodes) {
    Node* copy = piece.graph->appendNode(piece.graph->createClone(node, find));
    for (std::size_t i = 0; i < node->outputs().size(); ++i) inside[node->output(i)] = copy->output(i);
  }
  for (Value* result : results) piece.graph->registerOutput(find(result));
  return piece;
}

}  // namespace

// A recorded pair of passes, ready to run.
struct TracedPasses::Form {
  // Where an input of a graph comes from.
  struct Source {
    enum class Kind { State, Images, Mask, Gradient, Saved } kind;
    std::size_t place = 0;  // among the tensors of the plan, the masks, what the forward pass has saved
  };
  struct Pass {
    std::vector<Source> sources;
    std::shared_ptr<Graph> graph;
    jit::Code code;

    void compile(const std::shared_ptr<Graph>& recorded, const char* name) {
      graph = recorded;
      fuse(graph);
      code = jit::Code(graph, name);
    }
    void run(jit::Stack& stack) const { jit::InterpreterState(code).run(stack); }
  };

  BatchForm key;
  std::vector<at::Tensor> state;
  std::vector<MaskForm> masks;
  Pass forward, backward;
  std::vector<std::size_t> trained;  // parameters that the backward pass gives gradients for
  std::vector<at::Tensor> drawn;     // masks of the pass under way
  jit::Stack saved;                  // of the forward pass under way

  jit::Stack inputs(const Pass& pass, const at::Tensor& given) {
    jit::Stack stack;
    stack.reserve(pass.sources.size());
    for (const Source& from : pass.sources) {
      switch (from.kind) {
        case Source::Kind::State:
          stack.emplace_back(state[from.place]);
          break;
        case Source::Kind::Mask:
          stack.emplace_back(drawn[from.place]);
          break;
        case Source::Kind::Saved:
          stack.emplace_back(std::move(saved[from.place]));
          break;
        case Source::Kind::Images:
        case Source::Kind::Gradient:
          stack.emplace_back(given);
          break;
      }
    }
    return stack;
  }
};

// A batch on its way through the layers.
struct TracedPasses::Recording {
  explicit Recording(LayerMode& mode) : tape(mode) {}
  BatchForm key;
  Tape tape;
  std::vector<at::Tensor> state;  // tensors of the plan, and their values in the graph
  std::vector<Value*> state_values;
  Value *images = nullptr, *answer = nullptr, *gradient = nullptr;
  std::vector<Node*> forward, backward;
  std::vector<std::size_t> trained;  // parameters, and their gradients in the graph
  std::vector<Value*> gradients;

  // Where the inputs of the whole graph come from.
  std::unordered_map<Value*, Form::Source> sources() const {
    std::unordered_map<Value*, Form::Source> out;
    for (std::size_t i = 0; i < state_values.size(); ++i)
      out[state_values[i]] = {Form::Source::Kind::State, i};
    for (std::size_t i = 0; i < tape.masks().size(); ++i)
      out[tape.value(tape.masks()[i])] = {Form::Source::Kind::Mask, i};
    out[images] = {Form::Source::Kind::Images};
    if (gradient != nullptr) out[gradient] = {Form::Source::Kind::Gradient};
    return out;
  }
};

TracedPasses::TracedPasses(WeightPlan& plan, LayerPasses layers) : plan_(plan), layers_(std::move(layers)) {}
TracedPasses::~TracedPasses() = default;

at::Tensor TracedPasses::forward(const at::Tensor& x, bool train) {
  recording_.reset();
  running_ = nullptr;
  const BatchForm key = batch_form(x, train, plan_.mode());
  for (const auto& form : forms_) {
    if (form->key != key) continue;
    form->drawn.clear();
    for (const MaskForm& mask : form->masks) form->drawn.push_back(draw(mask, plan_.mode()));
    jit::Stack stack = form->inputs(form->forward, x);
    form->forward.run(stack);
    at::Tensor answer = stack.front().toTensor();
    form->saved.assign(std::make_move_iterator(stack.begin() + 1), std::make_move_iterator(stack.end()));
    if (train) running_ = form.get();
    return answer;
  }
  return record(x, train);
}

at::Tensor TracedPasses::record(const at::Tensor& x, bool train) {
  recording_ = std::make_unique<Recording>(plan_.mode());
  Recording& r = *recording_;
  r.key = batch_form(x, train, plan_.mode());
  const auto add = [&r](const at::Tensor& tensor) {
    if (r.tape.knows(tensor)) return;
    r.state.push_back(tensor);
    r.state_values.push_back(r.tape.input(tensor));
  };
  for (Weight& weight : plan_.parameters()) add(weight.value), add(weight.compute);
  for (Weight& buffer : plan_.buffers()) add(buffer.value);
  r.images = r.tape.input(x);
  r.tape.resume();
  const at::Tensor answer = layers_.forward(x, train);
  r.tape.pause();
  r.answer = r.tape.value(answer);
  for (Node* node : r.tape.graph()->nodes()) r.forward.push_back(node);
  if (!train) finish_recording();
  return answer;
}

void TracedPasses::backward(at::Tensor grad) {
  if (recording_) {
    record_backward(std::move(grad));
    finish_recording();
    return;
  }
  if (running_ == nullptr) throw std::logic_error("backward without forward");
  Form& form = *std::exchange(running_, nullptr);
  jit::Stack stack = form.inputs(form.backward, grad);
  grad.reset();
  form.saved.clear();
  form.drawn.clear();
  form.backward.run(stack);
  for (std::size_t i = 0; i < form.trained.size(); ++i)
    plan_.parameters()[form.trained[i]].gradient = std::move(stack[i]).toTensor();
}

void TracedPasses::record_backward(at::Tensor grad) {
  Recording& r = *recording_;
  r.gradient = r.tape.input(grad);
  for (Weight& weight : plan_.parameters()) weight.gradient.reset();
  r.tape.resume();
  layers_.backward(std::move(grad));
  r.tape.pause();
  for (std::size_t i = 0; i < plan_.parameters().size(); ++i) {
    const at::Tensor& each = plan_.parameters()[i].gradient;
    if (!each.defined()) continue;
    r.trained.push_back(i);
    r.gradients.push_back(r.tape.value(each));
  }
  std::size_t place = 0;
  for (Node* node : r.tape.graph()->nodes()) {
    if (place++ >= r.forward.size()) r.backward.push_back(node);
  }
}

// Makes the recording a form: two graphs, of which the first also answers with what the second needs of it.
void TracedPasses::finish_recording() {
  const std::unique_ptr<Recording> done = std::move(recording_);
  const Recording& r = *done;
  r.tape.refuse_hidden_tensors();
  const std::unordered_map<Value*, Form::Source> outside = r.sources();
  auto form = std::make_unique<Form>();
  const Piece back = cut(r.backward, r.gradients);
  std::vector<Value*> results = {r.answer};
  for (Value* need : back.needs) {
    const auto known = outside.find(need);
    if (known != outside.end() && known->second.kind != Form::Source::Kind::Images) {
      form->backward.sources.push_back(known->second);
      continue;
    }
    form->backward.sources.push_back({Form::Source::Kind::Saved, results.size() - 1});
    results.push_back(need);
  }
  const Piece front = cut(r.forward, results);
  for (Value* need : front.needs) form->forward.sources.push_back(outside.at(need));
  form->forward.compile(front.graph, "forward");
  form->backward.compile(back.graph, "backward");
  form->key = r.key;
  form->state = r.state;
  form->trained = r.trained;
  form->masks = mask_forms(r.tape.masks());
  forms_.push_back(std::move(form));
}

std::vector<std::string> TracedPasses::text() const {
  std::vector<std::string> out;
  for (const auto& form : forms_) {
    out.push_back(form->forward.graph->toString(false));
    if (form->key.train) out.push_back(form->backward.graph->toString(false));
  }
  return out;
}

}  // namespace frugal
