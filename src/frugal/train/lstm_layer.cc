#include "frugal/train/lstm_layer.h"

#include <ATen/core/grad_mode.h>

#include <utility>

namespace frugal {
namespace {

constexpr std::size_t kWeights = 4;  // of a level: of the input, of the state, and their two shifts

// The four gates of one time step, as views into [n, 4·hidden]: input, forget, cell, output.
struct Gates {
  Gates(const at::Tensor& all, std::int64_t hidden)
      : input(all.narrow(1, 0, hidden)),
        forget(all.narrow(1, hidden, hidden)),
        cell(all.narrow(1, 2 * hidden, hidden)),
        output(all.narrow(1, 3 * hidden, hidden)) {}
  at::Tensor input, forget, cell, output;
};

// One level over all time steps; time comes first in every tensor, so that a step is contiguous.
class Level {
 public:
  explicit Level(std::vector<Weight*> weights) : weights_(std::move(weights)) {}

  // [steps, n, in] to [steps, n, hidden].
  at::Tensor forward(const at::Tensor& x, bool train) {
    const std::int64_t steps = x.size(0), n = x.size(1), hidden = weights_[1]->compute.size(1);
    const at::Tensor shift = weights_[2]->compute + weights_[3]->compute;
    at::Tensor gates = at::addmm(shift, x.view({steps * n, x.size(2)}), weights_[0]->compute.t())
                           .view({steps, n, 4 * hidden});
    at::Tensor cells = at::empty({steps, n, hidden}, x.options());
    at::Tensor squashed = at::empty_like(cells);  // tanh of the cells
    at::Tensor states = at::empty_like(cells);
    const at::Tensor of_state = weights_[1]->compute.t();
    for (std::int64_t t = 0; t < steps; ++t) {
      at::Tensor all = gates.select(0, t);
      if (t > 0) all.addmm_(states.select(0, t - 1), of_state);
      all.narrow(1, 0, 2 * hidden).sigmoid_();
      const Gates gate(all, hidden);
      gate.cell.tanh_();
      gate.output.sigmoid_();
      at::Tensor cell = cells.select(0, t), state = states.select(0, t), flat = squashed.select(0, t);
      at::mul_out(cell, gate.input, gate.cell);
      if (t > 0) cell.addcmul_(gate.forget, cells.select(0, t - 1));
      at::tanh_out(flat, cell);
      at::mul_out(state, gate.output, flat);
    }
    if (train) {
      input_ = x;
      gates_ = gates;
      cells_ = cells;
      squashed_ = squashed;
      states_ = states;
    }
    return states;
  }

  // Of the gradient of every state; `last_alone`: [n, hidden], of the last one. Sets the gradients of the
  // weights.
  at::Tensor backward(const at::Tensor& grad, bool last_alone, bool want_input) {
    const std::int64_t steps = gates_.size(0), n = gates_.size(1), hidden = cells_.size(2);
    at::Tensor to_gates = at::empty_like(gates_);
    at::Tensor to_cell = at::zeros({n, hidden}, cells_.options());
    at::Tensor to_state;  // from the step behind
    for (std::int64_t t = steps - 1; t >= 0; --t) {
      at::Tensor to = last_alone ? (t == steps - 1 ? grad : to_state) : grad.select(0, t);
      if (!last_alone && t < steps - 1) to = to + to_state;
      step_back(t, to, to_cell, to_gates.select(0, t));
      if (t > 0) to_state = at::mm(to_gates.select(0, t), weights_[1]->compute);
    }
    set_gradients(to_gates.view({steps * n, 4 * hidden}));
    at::Tensor to_input;
    if (want_input)
      to_input = at::mm(to_gates.view({steps * n, 4 * hidden}), weights_[0]->compute).view_as(input_);
    input_.reset();
    gates_ = cells_ = squashed_ = states_ = at::Tensor();
    return to_input;
  }

 private:
  // `to_cell` comes as the gradient of the cell from the step behind and goes as that for the step before.
  void step_back(std::int64_t t, const at::Tensor& to_state, at::Tensor& to_cell,
                 const at::Tensor& to_gates) {
    const std::int64_t hidden = cells_.size(2);
    const Gates gate(gates_.select(0, t), hidden);
    Gates to(to_gates, hidden);
    const at::Tensor flat = squashed_.select(0, t);
    at::sigmoid_backward_out(to.output, to_state * flat, gate.output);
    to_cell.add_(at::tanh_backward(to_state * gate.output, flat));
    at::sigmoid_backward_out(to.input, to_cell * gate.cell, gate.input);
    at::tanh_backward_out(to.cell, to_cell * gate.input, gate.cell);
    if (t > 0) {
      at::sigmoid_backward_out(to.forget, to_cell * cells_.select(0, t - 1), gate.forget);
    } else {
      to.forget.zero_();  // there is no cell before the first
    }
    to_cell.mul_(gate.forget);
  }

  void set_gradients(const at::Tensor& to_gates) {
    const std::int64_t steps = states_.size(0), n = states_.size(1), hidden = states_.size(2);
    weights_[0]->gradient = at::mm(to_gates.t(), input_.reshape({steps * n, input_.size(2)}));
    const at::Tensor before = states_.narrow(0, 0, steps - 1).reshape({(steps - 1) * n, hidden});
    weights_[1]->gradient = at::mm(to_gates.narrow(0, n, (steps - 1) * n).t(), before);
    weights_[2]->gradient = to_gates.sum(0);
    weights_[3]->gradient = weights_[2]->gradient.clone();
  }

  std::vector<Weight*> weights_;
  at::Tensor input_, gates_, cells_, squashed_, states_;
};

class Lstm final : public Layer {
 public:
  Lstm(WeightPlan& plan, const std::vector<Weight*>& weights, std::unique_ptr<Layer> otherwise)
      : mode_(plan.mode()), otherwise_(std::move(otherwise)) {
    for (std::size_t i = 0; i < weights.size(); i += kWeights) {
      levels_.emplace_back(std::vector<Weight*>(weights.begin() + static_cast<std::ptrdiff_t>(i),
                                                weights.begin() + static_cast<std::ptrdiff_t>(i + kWeights)));
      weight_count_ += weights[i]->count() + weights[i + 1]->count();
    }
  }

  at::Tensor forward(const at::Tensor& x, bool train) override {
    own_ = !mode_.traced && x.is_cpu();
    if (!own_) return otherwise_->forward(x, train);
    const at::NoGradGuard no_graph;
    at::Tensor states = x.flatten(2).permute({2, 0, 1}).contiguous();
    mode_.multiply_adds += states.size(0) * states.size(1) * weight_count_;
    for (Level& level : levels_) states = level.forward(states, train);
    return states.select(0, states.size(0) - 1);
  }

  at::Tensor backward(at::Tensor grad) override {
    if (!own_) return otherwise_->backward(std::move(grad));
    const at::NoGradGuard no_graph;
    for (std::size_t i = levels_.size(); i-- > 0;)
      grad = levels_[i].backward(grad, i + 1 == levels_.size(), i > 0);
    return {};
  }
  void is_first() override { otherwise_->is_first(); }

 private:
  LayerMode& mode_;
  std::unique_ptr<Layer> otherwise_;
  std::vector<Level> levels_;
  std::int64_t weight_count_ = 0;
  bool own_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_lstm(WeightPlan& plan, const std::vector<Weight*>& weights,
                                 std::unique_ptr<Layer> otherwise) {
  return std::make_unique<Lstm>(plan, weights, std::move(otherwise));
}

}  // namespace frugal
