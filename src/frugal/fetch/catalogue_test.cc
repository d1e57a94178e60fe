#include "frugal/fetch/catalogue.h"

#include <gtest/gtest.h>

#include <set>

#include "frugal/fetch/address.h"
#include "frugal/fetch/verify.h"

namespace frugal {
namespace {

TEST(Catalogue, EverySetIsWhole) {
  std::set<std::string> names;
  std::set<std::string> places;
  for (const DataSet& set : known_data_sets()) {
    EXPECT_TRUE(names.insert(set.name).second) << set.name;
    for (const std::string* text : {&set.title, &set.task, &set.licence, &set.citation, &set.source})
      EXPECT_FALSE(text->empty()) << set.name;
    ASSERT_FALSE(set.downloads.empty()) << set.name;
    ASSERT_FALSE(set.files.empty()) << set.name;
    EXPECT_EQ(set.layout == Layout::Compressed, !set.inside.empty()) << set.name;
    if (set.layout != Layout::Keep) {
      EXPECT_EQ(set.downloads.size(), 1U) << set.name;
    }
    for (const Download& download : set.downloads) {
      const auto address = parse_address(download.address);
      ASSERT_TRUE(address) << download.address;
      EXPECT_TRUE(address->path.ends_with("/" + download.file)) << download.address;
      // Without encryption only what a checksum vouches for.
      EXPECT_TRUE(address->scheme == "https" || download.digest) << download.address;
      if (download.digest) {
        EXPECT_EQ(download.digest->hex.size(), 32U);
      }
    }
    for (const DataFile& file : set.files)
      EXPECT_TRUE(places.insert(folder_of(set, "data") + "/" + file.name).second);
  }
}

TEST(Catalogue, UnknownNamesAreAnsweredWithTheNearest) {
  EXPECT_EQ(find_data_set("mnist")->folder, "mnist");
  const auto none = find_data_set("fashon-mnist");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().message, "unknown data set 'fashon-mnist' (did you mean 'fashion-mnist'?)");
}

// The official files have these numbers of records: Krizhevsky 2009; LeCun et al. 1998; Merity et al. 2016,
// table 1.
TEST(Catalogue, NumbersOfTheirPapers) {
  const auto images = [](const char* name) {
    const DataSet set = *find_data_set(name);
    std::uint64_t count = 0;
    for (const DataFile& file : set.files) count += std::get<ImageRecords>(file.structure).count;
    return count;
  };
  EXPECT_EQ(images("cifar10"), 60'000U);
  EXPECT_EQ(images("cifar100"), 60'000U);
  const DataSet words = *find_data_set("wikitext2");
  std::uint64_t tokens = 0;
  for (const DataFile& file : words.files) tokens += std::get<TokenLines>(file.structure).tokens;
  EXPECT_EQ(tokens, 2'088'628U + 217'646U + 245'569U);
}

}  // namespace
}  // namespace frugal
