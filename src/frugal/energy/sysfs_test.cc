#include "frugal/energy/sysfs.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

TEST(OpenNumber, SaysWhyAFileCannotBeOpened) {
  const auto missing = OpenNumber::open("/nowhere/energy_uj");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "/nowhere/energy_uj: No such file or directory");
  EXPECT_EQ(missing.error().code, ErrorCode::GiveUp);
}

TEST(KernelNumber, IsWholeAndAlone) {
  EXPECT_EQ(parse_kernel_number("12345\n"), 12345);
  EXPECT_EQ(parse_kernel_number(" 0 "), 0);
  EXPECT_EQ(parse_kernel_number("18446744073709551615"), 18446744073709551615.0);
  for (const char* text : {"", "\n", "-1", "+1", "1.5", "1 2", "18446744073709551616", "0x1f", "1e3", "N/A"})
    EXPECT_FALSE(parse_kernel_number(text)) << text;
}

}  // namespace
}  // namespace frugal
