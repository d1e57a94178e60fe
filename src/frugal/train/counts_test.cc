// Parameters and multiply-adds of every model against those that PyTorch counts in definitions of its own
// (tests/reference/train/counts.py).
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "frugal/train/network.h"
#include "frugal/work/trainer_catalogue.h"

namespace frugal {
namespace {

struct Counted {
  std::string model;
  ImageShape shape;
  std::int64_t parameters = 0, multiply_adds = 0;
};

std::vector<Counted> reference() {
  std::ifstream file(FRUGAL_REFERENCE "/counts.csv");
  std::string line;
  std::getline(file, line);
  std::vector<Counted> out;
  while (std::getline(file, line)) {
    std::stringstream cells(line);
    Counted row;
    std::getline(cells, row.model, ',');
    std::vector<std::int64_t> numbers;
    for (std::string cell; std::getline(cells, cell, ',');) numbers.push_back(std::stoll(cell));
    const auto whole = [&](std::size_t i) { return static_cast<int>(numbers[i]); };
    row.shape = {.channels = whole(0), .height = whole(1), .width = whole(2), .classes = whole(3)};
    if (row.model == "transformer-lm") row.shape.tokens = numbers[2];
    row.parameters = numbers[4];
    row.multiply_adds = numbers[5];
    out.push_back(row);
  }
  return out;
}

TEST(Counts, AreThoseOfPyTorchForEveryModel) {
  std::set<std::string> seen = {"forward-forward"};  // trains its layers by themselves: counted below
  for (const Counted& row : reference()) {
    Network network(row.model, row.shape);
    WeightPlan& plan = network.plan();
    plan.bind(at::zeros({plan.parameter_count() + plan.buffer_count()}));
    const std::string name = row.model + " on " + std::to_string(row.shape.height);
    EXPECT_EQ(plan.parameter_count(), row.parameters) << name;
    EXPECT_EQ(count_multiply_adds(network, row.shape), row.multiply_adds) << name;
    seen.insert(row.model);
  }
  for (const std::string& model : trainer_catalogue().models) EXPECT_TRUE(seen.contains(model)) << model;
  Network two_layers("forward-forward", {});
  EXPECT_EQ(two_layers.plan().parameter_count(), 64 * 500 + 500 + 500 * 500 + 500);
}

}  // namespace
}  // namespace frugal
