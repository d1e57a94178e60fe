// What Winograd's convolutions gain over libtorch's, by shape: milliseconds of the forward pass and of the
// gradients with what moving between the layouts costs, one thread, channels-last, as many channels in as
// out.
#include "frugal/train/winograd.h"

#include <benchmark/benchmark.h>

#include "frugal/train/fast_convolution.h"
#include "frugal/train/torch_compat.h"

namespace {

constexpr frugal::ConvolutionShape kShape{.stride = 1, .padding = 1, .groups = 1};
constexpr auto kImages = at::MemoryFormat::ChannelsLast;

void passes(benchmark::State& state) {
  const bool winograd = state.range(0) != 0;
  const std::int64_t records = state.range(1), channels = state.range(2), side = state.range(3);
  const at::Tensor x = at::randn({records, channels, side, side}).contiguous(kImages), g = at::randn_like(x),
                   w = at::randn({channels, channels, 3, 3}).contiguous(kImages);
  if (winograd && !frugal::winograd_fits(x, w, kShape)) {
    state.SkipWithError("does not fit, so that libtorch's is taken");
    return;
  }
  for (auto _ : state) {
    if (winograd) {
      benchmark::DoNotOptimize(frugal::winograd_convolution(x, w));
      benchmark::DoNotOptimize(frugal::winograd_gradients(g, x, w, true));
    } else {
      benchmark::DoNotOptimize(at::convolution(x, w, {}, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1));
      benchmark::DoNotOptimize(at::convolution_backward(g, x, w, at::OptionalIntArrayRef(), {1, 1}, {1, 1},
                                                        {1, 1}, false, {0, 0}, 1, {true, true, false}));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  frugal::prepare_process(1);
  for (const std::int64_t records : {8, 32, 128}) {
    for (const auto& [channels, side] :
         {std::pair<std::int64_t, std::int64_t>{64, 32}, {128, 16}, {256, 8}, {512, 4}}) {
      benchmark::RegisterBenchmark("libtorch", passes)
          ->Args({0, records, channels, side})
          ->Unit(benchmark::kMillisecond);
      benchmark::RegisterBenchmark("winograd", passes)
          ->Args({1, records, channels, side})
          ->Unit(benchmark::kMillisecond);
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
