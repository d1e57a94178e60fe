#include "frugal/fetch/structure.h"

#include <gtest/gtest.h>

namespace frugal {
namespace {

// The fault of the same bytes, given whole and in pieces of one, two and seven bytes.
std::optional<std::string> fault_of(const Structure& structure, const std::string& bytes) {
  const auto whole = check_of(structure);
  whole->add(bytes);
  for (const std::size_t piece : {1, 2, 7}) {
    const auto split = check_of(structure);
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      split->add(std::string_view(bytes).substr(at, piece));
    EXPECT_EQ(split->fault(), whole->fault());
  }
  return whole->fault();
}

TEST(Structure, ImageRecords) {
  const ImageRecords two{.count = 2, .label_bytes = 2, .pixel_bytes = 3, .classes = 4};
  const auto record = [](char coarse, char fine) {
    return std::string{coarse, fine, '\x7f', '\x7f', '\x7f'};
  };
  EXPECT_EQ(fault_of(two, record(9, 0) + record(9, 3)), std::nullopt);
  EXPECT_EQ(fault_of(two, record(0, 1)), "1 records, not 2");
  EXPECT_EQ(fault_of(two, record(0, 1) + record(0, 4)), "record 2 has the label 4, which is not from 0 to 3");
  EXPECT_EQ(fault_of(two, record(0, 1) + "x"), "6 bytes are not a multiple of the record of 5 bytes");
  EXPECT_EQ(fault_of(two, ""), "0 records, not 2");
}

TEST(Structure, IdxBytes) {
  const IdxBytes wanted{{3, 2}};
  const std::string head("\0\0\x08\x02\0\0\0\x03\0\0\0\x02", 12);
  EXPECT_EQ(fault_of(wanted, head + "abcdef"), std::nullopt);
  EXPECT_EQ(fault_of(wanted, head + "abcde"), "17 bytes, not 18");
  EXPECT_EQ(fault_of(wanted, std::string("\0\0\x08\x02\0\0\0\x02\0\0\0\x02", 12) + "abcdef"),
            "an idx file of other sizes");
  EXPECT_EQ(fault_of(wanted, "<html>not found</html>"), "not an idx file of this kind");
  EXPECT_EQ(fault_of(wanted, ""), "0 bytes, not 18");
}

TEST(Structure, NumberRows) {
  const NumberRows wanted{2, 3};
  EXPECT_EQ(fault_of(wanted, "1,2,3\n4,5,6\n"), std::nullopt);
  EXPECT_EQ(fault_of(wanted, "1,2,3\r\n4,5,6"), std::nullopt);
  EXPECT_EQ(fault_of(wanted, "1,2,3\n"), "1 rows, not 2");
  EXPECT_EQ(fault_of(wanted, "1,2,3\n4,5\n"), "line 2 does not hold 3 whole numbers");
  EXPECT_EQ(fault_of(wanted, "1,,3\n4,5,6\n"), "line 1 does not hold 3 whole numbers");
  EXPECT_EQ(fault_of(wanted, "<p>no\n4,5,6\n"), "line 1 does not hold 3 whole numbers");
}

TEST(Structure, FieldRows) {
  const FieldRows wanted{2, "Date;Power"};
  EXPECT_EQ(fault_of(wanted, "Date;Power\r\n1;2\r\n2;?\r\n"), std::nullopt);
  EXPECT_EQ(fault_of(wanted, "Date;Power\n1;2\n"), "1 rows, not 2");
  EXPECT_EQ(fault_of(wanted, "Date,Power\n1;2\n3;4\n"), "its first line is not the header of this data set");
  EXPECT_EQ(fault_of(wanted, "Date;Power\n1;2\n3\n"), "line 3 does not hold 2 fields");
  EXPECT_EQ(fault_of(wanted, ""), "no header line");
}

TEST(Structure, TokensCountTheEndsOfLines) {
  const TokenLines wanted{2, 5};
  EXPECT_EQ(fault_of(wanted, " = Title = \n\n"), std::nullopt);
  EXPECT_EQ(fault_of(wanted, " = Title = \n"), "1 lines, not 2");
  EXPECT_EQ(fault_of(wanted, " = Title\n\n"), "4 tokens, not 5");
}

}  // namespace
}  // namespace frugal
