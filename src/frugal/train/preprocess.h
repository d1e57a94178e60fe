// Preprocessing as one centre and one spread a channel, taken from the training part alone: what the model
// sees is (value − centre)/spread. No torch here.
#pragma once

#include <vector>

#include "frugal/train/images.h"
#include "frugal/train/trial_settings.h"

namespace frugal {

struct ChannelScale {
  std::vector<double> centre;
  std::vector<double> spread;  // never 0: a constant channel has 1
};

//   standardise  mean and standard deviation         none     0 and 1: the values as they are
//   robust       median and interquartile range      min-max  least value and range: 0 … 1
// Quartiles interpolate between neighbours (Hyndman and Fan 1996, type 7). A channel whose interquartile
// range is 0 but that is not constant is divided by its standard deviation.
ChannelScale channel_scale(const Images& training, Preprocessing how);

// Mean and standard deviation of the targets of a regression, in which the model predicts.
struct TargetScale {
  double mean = 0.0;
  double deviation = 1.0;
};
TargetScale target_scale(const std::vector<float>& targets);

}  // namespace frugal
