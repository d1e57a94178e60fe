#include <string_view>
#include <unordered_map>

#include "frugal/train/gzip.h"
#include "frugal/train/images.h"

namespace frugal {
namespace {

constexpr const char* kHint = "unpack wikitext-2-v1.zip so that data_dir/wikitext-2 has wiki.train.tokens";
constexpr std::string_view kEndOfLine = "<eos>";

// Calls `visit` with every word, and with <eos> at the end of every line.
template <class Visit>
void each_word(std::string_view text, const Visit& visit) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '\n') visit(kEndOfLine);
    if (text[at] == '\n' || text[at] == ' ' || text[at] == '\r' || text[at] == '\t') {
      ++at;
      continue;
    }
    const std::size_t end = std::min(text.find_first_of(" \n\r\t", at), text.size());
    visit(text.substr(at, end - at));
    at = end;
  }
}

using Numbers = std::unordered_map<std::string_view, std::int32_t>;

// The words of a file other than that for training, by its numbers.
Status read_part(const std::string& path, const Numbers& numbers, std::vector<std::int32_t>& out) {
  const Result<std::string> text = read_maybe_gzip(path, kHint);
  if (!text.ok()) return text.error();
  const auto unknown = numbers.find("<unk>");
  bool lost = false;
  each_word(*text, [&](std::string_view word) {
    auto found = numbers.find(word);
    if (found == numbers.end()) found = unknown;
    lost = lost || found == numbers.end();
    if (!lost) out.push_back(found->second);
  });
  if (lost) return bad_input(path + ": has words that wiki.train.tokens lacks, and that has no <unk>", kHint);
  if (out.empty()) return bad_input(path + ": holds no words", kHint);
  return {};
}

}  // namespace

Result<Text> read_wikitext2(const std::string& data_dir, bool with_test) {
  const std::string base = data_dir + "/wikitext-2/wiki.";
  const Result<std::string> train = read_maybe_gzip(base + "train.tokens", kHint);
  if (!train.ok()) return train.error();
  Text out;
  Numbers numbers;
  each_word(*train, [&](std::string_view word) {
    const auto next = static_cast<std::int32_t>(numbers.size());
    out.train.push_back(numbers.emplace(word, next).first->second);
  });
  if (out.train.empty()) return bad_input(base + "train.tokens: holds no words", kHint);
  out.vocabulary = static_cast<int>(numbers.size());
  Status status = read_part(base + "valid.tokens", numbers, out.validation);
  if (status.ok() && with_test) status = read_part(base + "test.tokens", numbers, out.test);
  if (!status.ok()) return std::move(status).error();
  return out;
}

}  // namespace frugal
