// The Markdown and the JSON of the study made by hand, against files that were read and approved.
// FRUGAL_ACCEPT=1 in the environment writes what came out into them, to be read before it is kept.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "frugal/report/example_study.h"
#include "frugal/report/render.h"

namespace frugal {
namespace {

void expect_golden(const std::string& name, const std::string& text) {
  const std::string file = std::string(REPORT_GOLDEN) + "/" + name;
  if (std::getenv("FRUGAL_ACCEPT") != nullptr) std::ofstream(file, std::ios::binary) << text;
  std::ifstream in(file, std::ios::binary);
  ASSERT_TRUE(in.is_open()) << file;
  const std::string approved{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, approved) << file;
}

Findings by_hand() {
  StudyResult vanilla = example::study();
  vanilla.header.name = "ordinary";
  vanilla.energy.total = example::figure(90, 9);
  return find(example::study(), std::vector{vanilla});
}

TEST(Golden, Markdown) { expect_golden("by_hand.md", report_markdown(by_hand())); }
TEST(Golden, Json) { expect_golden("by_hand.json", report_json(by_hand()).dump(2) + "\n"); }

}  // namespace
}  // namespace frugal
