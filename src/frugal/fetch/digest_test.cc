#include "frugal/fetch/digest.h"

#include <gtest/gtest.h>

#include "frugal/fetch/fetch_testing.h"

namespace frugal {
namespace {

// RFC 1321, A.5, and FIPS 180-2, B.1.
TEST(Digest, KnownValues) {
  Hasher md5(DigestKind::Md5);
  md5.add("abc");
  EXPECT_EQ(md5.hex(), "900150983cd24fb0d6963f7d28e17f72");
  Hasher sha(DigestKind::Sha256);
  sha.add("a");
  sha.add("bc");
  EXPECT_EQ(sha.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hasher(DigestKind::Md5).hex(), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Digest, OfAFileLongerThanOneBlock) {
  const fetch_testing::ScratchFolder folder;
  fetch_testing::write_file(folder.path("a"), std::string(1'000'000, 'a'));
  // FIPS 180-2, B.3: a million letters a.
  EXPECT_EQ(*file_digest(folder.path("a"), DigestKind::Sha256),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_FALSE(file_digest(folder.path("none"), DigestKind::Md5));
}

}  // namespace
}  // namespace frugal
