// CUDA_VISIBLE_DEVICES against what CUDA's manual says and what PyTorch's own tests found CUDA to do
// (test/test_cuda_nvml_based_avail.py, TestVisibleDeviceParses).
#include "frugal/energy/visible_devices.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

using Positions = std::vector<std::size_t>;

std::vector<BoardName> boards(std::size_t count) {
  std::vector<BoardName> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back({.uuid = "GPU-" + std::to_string(i) + "abc"});
  return all;
}
Positions of(const char* list, std::size_t count = 6) { return cuda_visible(list, boards(count)).boards; }

TEST(CudaVisible, UnsetIsEveryBoardAndEmptyIsNone) {
  EXPECT_EQ(cuda_visible(std::nullopt, boards(3)).boards, (Positions{0, 1, 2}));
  EXPECT_EQ(of(""), Positions{});
  EXPECT_EQ(of(" "), Positions{});
  EXPECT_EQ(of("-1"), Positions{});
  EXPECT_EQ(of("NoDevFiles"), Positions{});
}

TEST(CudaVisible, NumbersChooseAndOrder) {
  EXPECT_EQ(of("2,1"), (Positions{2, 1}));
  EXPECT_EQ(of("0,2,-1,1"), (Positions{0, 2}));  // the manual's own example
  EXPECT_EQ(of("0,7,1", 2), Positions{0});       // out of range ends the list
  EXPECT_EQ(of("99999999999999999999"), Positions{});
  EXPECT_EQ(of("1,"), Positions{1});
}

TEST(CudaVisible, NumbersAreReadAsPyTorchReadsThem) {
  EXPECT_EQ(of("1gpu2,2ampere"), (Positions{1, 2}));
  EXPECT_EQ(of("0, 1, 2, -1, 3"), (Positions{0, 1, 2}));
  EXPECT_EQ(of("0, 1, 2, 1"), Positions{});
  EXPECT_EQ(of("2, +3, -0, 5"), (Positions{2, 3, 0, 5}));
  EXPECT_EQ(of("one,two,3,4"), Positions{});
  EXPECT_EQ(of("4,3,two,one"), (Positions{4, 3}));
  EXPECT_EQ(of("+-1"), Positions{});
}

TEST(CudaVisible, UuidsMayBeShortenedWhileTheyFitOneBoard) {
  const std::vector<BoardName> all{
      {.uuid = "GPU-9942190a-aa"}, {.uuid = "GPU-9942190b-bb"}, {.uuid = "GPU-1234"}};
  const auto of_uuid = [&](const char* list) { return cuda_visible(list, all).boards; };
  EXPECT_EQ(of_uuid("GPU-12"), Positions{2});
  EXPECT_EQ(of_uuid("GPU-9942190b,GPU-9942190a"), (Positions{1, 0}));
  EXPECT_EQ(of_uuid("GPU-9942"), Positions{});  // fits two
  EXPECT_EQ(of_uuid("GPU-1234,GPU-9942,GPU-9942190a"), Positions{2});
  EXPECT_EQ(of_uuid("GPU-ffff,GPU-12"), Positions{});
  EXPECT_EQ(of_uuid("GPU-12,GPU-123"), Positions{});  // the same board twice
}

TEST(CudaVisible, NumbersAndUuidsDoNotMix) {
  EXPECT_EQ(of("GPU-1, 2"), Positions{1});
  EXPECT_EQ(of("2,GPU-1"), Positions{2});
  EXPECT_EQ(of("GPU-1,MIG-1"), Positions{1});
}

TEST(CudaVisible, AMigInstanceIsItsBoardAndOnlyTheFirstCounts) {
  const std::vector<BoardName> all{{.uuid = "GPU-0a"},
                                   {.uuid = "GPU-1a", .mig_uuids = {"MIG-77aa", "MIG-77bb"}},
                                   {.uuid = "GPU-2a", .mig_uuids = {"MIG-99aa"}}};
  const auto of_mig = [&](const char* list) { return cuda_visible(list, all).boards; };
  EXPECT_EQ(of_mig("MIG-77bb"), Positions{1});
  EXPECT_EQ(of_mig("MIG-99,MIG-77bb"), Positions{2});
  EXPECT_EQ(of_mig("MIG-77"), Positions{});  // fits two instances
  EXPECT_EQ(of_mig("MIG-GPU-1a/3/0"), Positions{1});
  EXPECT_EQ(of_mig("MIG-GPU-5/3/0"), Positions{});
}

TEST(CudaVisible, SaysWhereTheListEnded) {
  EXPECT_EQ(cuda_visible("0,9,1", boards(2)).stopped_at, "9");
  EXPECT_EQ(cuda_visible("0,1", boards(2)).stopped_at, "");
  EXPECT_TRUE(cuda_visible("0,1", boards(2)).by_index);
  EXPECT_FALSE(cuda_visible("GPU-0", boards(2)).by_index);
  EXPECT_FALSE(cuda_visible(std::nullopt, boards(2)).by_index);
}

// Against the reading of ROCR-Runtime's amd_filter_device.cpp.
TEST(RocmVisible, ReadsNumbersAndUuidsUpToTheFirstInvalidOrRepeatedEntry) {
  const std::vector<BoardName> dies{{.uuid = "GPU-18f68e602b8a790f"}, {.uuid = "GPU-18f60000000000aa"}, {}};
  const auto of_rocr = [&](const char* list) { return rocm_visible(list, std::nullopt, dies).boards; };
  EXPECT_EQ(rocm_visible(std::nullopt, std::nullopt, dies).boards, (Positions{0, 1, 2}));
  EXPECT_EQ(of_rocr(""), Positions{});
  EXPECT_EQ(of_rocr("2, 0"), (Positions{2, 0}));
  EXPECT_EQ(of_rocr("gpu-18F68,2"), (Positions{0, 2}));
  EXPECT_EQ(of_rocr("GPU-18f6"), Positions{});  // fits two
  EXPECT_EQ(of_rocr("GPU-"), Positions{});
  EXPECT_EQ(of_rocr("1,3,0"), Positions{1});
  EXPECT_EQ(of_rocr("1,-1,0"), Positions{1});
  EXPECT_EQ(of_rocr("0,0,1"), Positions{0});  // repeated: ends the list, other than for CUDA
  EXPECT_EQ(of_rocr("1gpu,0"), Positions{});  // text behind a number is no number
  EXPECT_EQ(of_rocr("0x1"), Positions{1});    // strtol with base 0
}

TEST(RocmVisible, HipChoosesAmongWhatTheRuntimeShows) {
  const std::vector<BoardName> dies(4);
  EXPECT_EQ(rocm_visible("3,1", "1", dies).boards, Positions{1});
  EXPECT_EQ(rocm_visible("3,1", "1,0", dies).boards, (Positions{1, 3}));
  EXPECT_EQ(rocm_visible("3,1", "2", dies).boards, Positions{});
  EXPECT_EQ(rocm_visible(std::nullopt, "2", dies).boards, Positions{2});
  EXPECT_EQ(rocm_visible(std::nullopt, "", dies).boards, Positions{});
}

}  // namespace
}  // namespace frugal
