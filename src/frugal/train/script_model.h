// A scripted or traced PyTorch module as a layer: its parameters and buffers become views of the flat state,
// its gradients are those of autograd, its training and evaluation modes are followed. The file's weights are
// the beginning, whatever the seed.
#pragma once

#include "frugal/base/result.h"
#include "frugal/train/layers.h"

namespace frugal {

// Throws when the file cannot be read; check_script() says so as an error before.
std::unique_ptr<Layer> make_script(WeightPlan& plan, const std::string& path, at::Device device);

// Reads the module and asks it for two records: an error names what is wrong with the file, or the shapes
// that do not fit. `record` is [1, …] as the data set has it.
Status check_script(const std::string& path, const at::Tensor& record, std::int64_t outputs);

}  // namespace frugal
