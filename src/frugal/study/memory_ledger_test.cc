#include "frugal/study/memory_ledger.h"

#include <gtest/gtest.h>

#include "frugal/study/ledger_conformance.h"

namespace frugal {
namespace {

class MemoryUnderTest final : public LedgerUnderTest {
 public:
  Ledger& ledger() override { return ledger_; }

 private:
  MemoryLedger ledger_;
};

LedgerMaker maker() {
  return [] { return std::make_unique<MemoryUnderTest>(); };
}

TEST(MemoryLedgerTest, FailsWhereItIsTold) {
  std::string failing = "finish";
  MemoryLedger ledger([&](const char* call) -> Status {
    if (call == failing) return Error{ErrorCode::StoreBroken, "told to"};
    return {};
  });
  using ledger_examples::header;
  using ledger_examples::train_step;
  ASSERT_TRUE(ledger.create(header("s")).ok());
  ASSERT_TRUE(ledger.begin("s", 0, 1, train_step(1)).ok());
  const Status finished = ledger.finish("s", 0, 1, {});
  ASSERT_FALSE(finished.ok());
  EXPECT_EQ(finished.error().message, "told to");
  EXPECT_EQ(ledger.read("s")->value().lost.size(), 1u);
  failing = "create";
  EXPECT_FALSE(ledger.create(header("t")).ok());
  EXPECT_FALSE(ledger.read("t")->has_value());
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Memory, LedgerConformance, testing::Values(maker()));

}  // namespace frugal
