#include "frugal/train/gzip.h"

#include <zlib.h>

#include <array>
#include <memory>

namespace frugal {
namespace {

struct GzClose {
  void operator()(gzFile_s* file) const { gzclose(file); }
};

}  // namespace

Result<std::string> read_maybe_gzip(const std::string& path, const std::string& hint) {
  const std::unique_ptr<gzFile_s, GzClose> file(gzopen(path.c_str(), "rb"));
  if (!file) return bad_input(path + ": cannot be opened", hint);
  std::string text;
  std::array<char, 1 << 16> block{};
  int got = 0;
  while ((got = gzread(file.get(), block.data(), block.size())) > 0)
    text.append(block.data(), static_cast<std::size_t>(got));
  int code = Z_OK;
  gzerror(file.get(), &code);
  if (got < 0 || code != Z_OK) return bad_input(path + ": the gzip data are damaged or end too early", hint);
  return text;
}

}  // namespace frugal
