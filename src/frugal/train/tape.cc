#include "frugal/train/tape.h"

#include <stdexcept>

namespace frugal {

namespace tracer = torch::jit::tracer;
using torch::jit::Node;
using torch::jit::Value;

BatchForm batch_form(const at::Tensor& x, bool train, const LayerMode& mode) {
  return {.sizes = x.sizes().vec(),
          .strides = x.strides().vec(),
          .type = x.scalar_type(),
          .train = train,
          .dropout = train && mode.dropout > 0.0};
}

Tape::Tape(LayerMode& mode) : mode_(mode), state_(std::make_shared<tracer::TracingState>()) {}

void Tape::resume() {
  tracer::setTracingState(state_);
  mode_.drawn = [this](const at::Tensor& mask) {
    masks_.push_back(mask);
    input(mask);
  };
}

void Tape::pause() {
  tracer::setTracingState(nullptr);
  mode_.drawn = nullptr;
}

Value* Tape::input(const at::Tensor& tensor) {
  if (state_->hasValue(tensor)) return value(tensor);
  Value* value = graph()->addInput();
  value->inferTypeFrom(tensor);
  state_->setValue(tensor, value);
  return value;
}

Value* Tape::value(const at::Tensor& tensor) const {
  const std::shared_ptr<tracer::TracingState> outer = tracer::getTracingState();
  tracer::setTracingState(state_);  // which getOutput reads
  const at::IValue key = tensor;
  Value* found = state_->hasValue(key) ? state_->getOutput(key, 0) : nullptr;
  tracer::setTracingState(outer);
  if (found == nullptr) throw std::logic_error("a layer answers with a tensor that it did not compute");
  return found;
}

void Tape::refuse_hidden_tensors() const {
  for (const Node* node : graph()->nodes()) {
    if (node->kind() == c10::prim::Constant && node->output()->type()->isSubtypeOf(*c10::TensorType::get()))
      throw std::logic_error("a layer hides a tensor from the recording of its passes");
  }
}

std::vector<MaskForm> mask_forms(const std::vector<at::Tensor>& masks) {
  std::vector<MaskForm> out;
  for (const at::Tensor& mask : masks)
    out.push_back({.sizes = mask.sizes().vec(), .strides = mask.strides().vec(), .options = mask.options()});
  return out;
}

at::Tensor draw(const MaskForm& form, LayerMode& mode) {
  at::Tensor mask = at::empty_strided(form.sizes, form.strides, form.options);
  fill_dropout_mask(mask, mode);
  return mask;
}

}  // namespace frugal
