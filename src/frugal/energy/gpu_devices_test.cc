// GPUs by number and by UUID.
#include "frugal/energy/gpu_devices.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

const std::vector<GpuId> kGpus{{.device = "gpu0", .uuid = "GPU-aa11", .name = "A"},
                               {.device = "gpu2", .uuid = "GPU-aa22", .name = "B"},
                               {.device = "gpu12", .uuid = "", .name = "C"}};

TEST(GpuSelector, IsANumberOrAUuid) {
  for (const char* word : {"gpu0", "gpu12", "gpu:GPU-aa"}) EXPECT_TRUE(is_gpu_selector(word)) << word;
  for (const char* word : {"gpu", "gpu:", "gpux", "gpu-1", "cpu0", ""})
    EXPECT_FALSE(is_gpu_selector(word)) << word;
}

TEST(GpuSelector, ChoosesOneBoard) {
  EXPECT_EQ(*select_gpu("gpu0", kGpus), 0u);
  EXPECT_EQ(*select_gpu("gpu2", kGpus), 1u);
  EXPECT_EQ(*select_gpu("gpu12", kGpus), 2u);
  EXPECT_EQ(*select_gpu("gpu:GPU-aa2", kGpus), 1u);
}

TEST(GpuSelector, RefusesWhatFitsNoneOrSeveral) {
  const auto none = select_gpu("gpu1", kGpus);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().message, "no GPU that can be read fits 'gpu1'");
  EXPECT_EQ(none.error().hint, "there is gpu0 (gpu:GPU-aa11), gpu2 (gpu:GPU-aa22), gpu12");
  EXPECT_EQ(select_gpu("gpu:GPU-aa", kGpus).error().message, "'gpu:GPU-aa' fits 2 GPUs");
  EXPECT_EQ(select_gpu("gpu:GPU-ff", {}).error().hint, "no GPU can be read here; 'frugal doctor' says why");
  EXPECT_EQ(select_gpu("gpu", kGpus).error().message, "'gpu' names no GPU");
}

}  // namespace
}  // namespace frugal
