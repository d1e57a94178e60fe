#include "frugal/train/tensor_files.h"

#include <torch/csrc/jit/serialization/pickle.h>

#include <fstream>

#include "frugal/train/torch_compat.h"

namespace frugal {
namespace {

constexpr std::int64_t kMostClasses = 256;
constexpr const char* kHint = "save each as one tensor: torch.save(tensor, FILE)";

Result<at::Tensor> read_tensor(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return bad_input(path + ": cannot be opened", kHint);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  try {
    const c10::IValue value = torch::jit::pickle_load(bytes);
    if (value.isTensor()) return value.toTensor().cpu().contiguous();
    return bad_input(path + ": holds a " + value.tagKind() + ", not a tensor", kHint);
  } catch (const std::exception& error) {
    return bad_input(path + ": cannot be read as a tensor: " + short_message(error), kHint);
  }
}

std::string sizes_text(const at::Tensor& t) {
  std::string text;
  for (const std::int64_t size : t.sizes()) text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

Result<ImageShape> shape_of(const at::Tensor& inputs, const std::string& path) {
  const auto size = [&inputs](std::int64_t d) { return static_cast<int>(inputs.size(d)); };
  ImageShape shape{.largest = inputs.scalar_type() == at::kByte ? 255 : 0};
  if (inputs.dim() == 2) {
    shape.channels = size(1);
    shape.height = shape.width = 1;
  } else if (inputs.dim() == 3) {
    shape.height = size(1);
    shape.width = size(2);
  } else if (inputs.dim() == 4) {
    shape.channels = size(1);
    shape.height = size(2);
    shape.width = size(3);
  }
  if (inputs.dim() >= 2 && inputs.dim() <= 4 && inputs.numel() > 0) return shape;
  return bad_input(path + ": has the sizes " + sizes_text(inputs) + ", not [n, columns] or images", kHint);
}

Status fill_targets(const at::Tensor& targets, const std::string& path, bool regression, Images& out) {
  const at::Tensor flat = targets.reshape({-1});
  if (regression) {
    const at::Tensor numbers = flat.to(at::kFloat);
    out.targets.assign(numbers.data_ptr<float>(), numbers.data_ptr<float>() + numbers.numel());
    out.labels.assign(out.targets.size(), 0);
    out.shape.classes = 1;
    out.shape.regression = true;
    return {};
  }
  if (flat.is_floating_point())
    return bad_input(path + ": holds numbers, not classes",
                     "save whole numbers from 0, or set task: regression");
  const at::Tensor classes = flat.to(at::kLong);
  const auto least = classes.min().item<std::int64_t>(), most = classes.max().item<std::int64_t>();
  if (least < 0 || most < 1 || most >= kMostClasses)
    return bad_input(path + ": its classes go from " + std::to_string(least) + " to " + std::to_string(most) +
                         ", not from 0 to at most 255",
                     kHint);
  const at::Tensor bytes = classes.to(at::kByte);
  out.labels.assign(bytes.data_ptr<std::uint8_t>(), bytes.data_ptr<std::uint8_t>() + bytes.numel());
  out.shape.classes = static_cast<int>(most) + 1;
  return {};
}

}  // namespace

Result<Images> read_tensors(const std::string& inputs_path, const std::string& targets_path,
                            bool regression) {
  const Result<at::Tensor> inputs = read_tensor(inputs_path);
  if (!inputs.ok()) return inputs.error();
  const Result<at::Tensor> targets = read_tensor(targets_path);
  if (!targets.ok()) return targets.error();
  const Result<ImageShape> shape = shape_of(*inputs, inputs_path);
  if (!shape.ok()) return shape.error();
  if (targets->numel() != inputs->size(0))
    return bad_input(targets_path + ": has " + std::to_string(targets->numel()) + " targets for " +
                         std::to_string(inputs->size(0)) + " inputs",
                     kHint);
  Images out{.shape = *shape, .pixels = {}, .labels = {}};
  if (inputs->scalar_type() == at::kByte) {
    out.pixels.assign(inputs->data_ptr<std::uint8_t>(), inputs->data_ptr<std::uint8_t>() + inputs->numel());
  } else {
    const at::Tensor numbers = inputs->to(at::kFloat);
    out.values.assign(numbers.data_ptr<float>(), numbers.data_ptr<float>() + numbers.numel());
  }
  Status filled = fill_targets(*targets, targets_path, regression, out);
  if (!filled.ok()) return std::move(filled).error();
  return out;
}

}  // namespace frugal
