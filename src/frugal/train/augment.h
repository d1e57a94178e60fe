// Augmentation of a batch where it lies: a fixed number of tensor operations whatever the batch, random
// numbers from a seed. Never waits for the device.
#pragma once

#include "frugal/train/device_set.h"
#include "frugal/train/trial_settings.h"

namespace frugal {

//   flip-crop    mirrored with probability ½, then cut out at a random place of the image padded by an eighth
//                of its height on every side (He et al. 2016, section 4.2: 4 of 32); the padding is 0
//   mixup        λx + (1 − λ)x', λ uniform (Zhang et al. 2018 with α = 1); one λ and one partner shift a
//   batch cutmix       a box of area 1 − λ comes from the partner; the labels share the loss by the box's
//   true area
//                (Yun et al. 2019)
//   randaugment  two operations of magnitude 9 of 30 for each image (Cubuk et al. 2020) of identity,
//                autocontrast, rotate, shear x and y, translate x and y, brightness, contrast, colour,
//                posterize, solarize; without equalize and sharpness, and shapes are changed before colours
// `seen` tells how the values came to be and `largest` is white, both for randaugment alone.
Batch augmented(const Batch& batch, Augmentation how, const SeenAs& seen, int largest, std::uint64_t seed);

// Why records of this shape cannot be augmented so; nothing when they can.
std::optional<std::string> cannot_augment(Augmentation how, const ImageShape& shape);

}  // namespace frugal
