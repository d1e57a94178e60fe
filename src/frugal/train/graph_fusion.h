// Rewrites recorded graphs so that they do less work for the same answer. Only for traced_passes.
#pragma once

#include <torch/csrc/jit/ir/ir.h>

namespace frugal {

// In place, for every graph: constants once, nothing computed twice or in vain; a batch normalisation by its
// running statistics goes into the weights of the convolution before it (where both are of one type).
void fuse(std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace frugal
