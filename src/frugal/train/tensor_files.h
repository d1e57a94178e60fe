// Records from two tensors that torch.save() wrote: inputs [n, columns], [n, height, width] or [n, channels,
// height, width] of bytes or numbers, and targets [n] of whole numbers (classes) or numbers (a regression).
#pragma once

#include "frugal/train/images.h"

namespace frugal {

Result<Images> read_tensors(const std::string& inputs, const std::string& targets, bool regression);

}  // namespace frugal
