// How much more does B take than A, measured in blocks of one run of each? A ratio of means with its
// interval.
#pragma once

#include <cstdint>
#include <span>

#include "frugal/base/result.h"

namespace frugal::stats {

struct BlockRatio {
  double ratio = 0;  // mean of b / mean of a
  double low = 0;    // 95 % interval
  double high = 0;
  double p_value = 0;  // two-sided, of "a block's runs are exchangeable"
  std::size_t blocks = 0;
};

// a[i] and b[i] are the runs of block i; all values must be finite and positive. The interval is a percentile
// bootstrap over the blocks (a block is drawn whole, so that the machine's drift from block to block
// cancels), its level widened for few blocks as in Hesterberg 2015 (What Teachers Should Know About the
// Bootstrap, "expanded percentile interval"). The p-value is that of flipping blocks: all 2^n ways up to
// 2^14, 10,000 drawn ones beyond (Phipson and Smyth 2010: (hits + 1) / (draws + 1)). An Error for fewer than
// five blocks, different lengths, or a value that is not positive.
Result<BlockRatio> block_ratio(std::span<const double> a, std::span<const double> b, std::uint64_t seed,
                               int draws = 10000);

}  // namespace frugal::stats
