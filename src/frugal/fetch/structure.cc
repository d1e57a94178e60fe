#include "frugal/fetch/structure.h"

#include <fmt/format.h>

#include <algorithm>

#include "frugal/base/overloaded.h"

namespace frugal {
namespace {

// "{} things, not {}" when the numbers differ.
std::optional<std::string> differs(std::uint64_t found, std::uint64_t wanted, const char* what) {
  if (found == wanted) return std::nullopt;
  return fmt::format("{} {}, not {}", found, what, wanted);
}

class ImageCheck final : public StructureCheck {
 public:
  explicit ImageCheck(const ImageRecords& wanted)
      : wanted_(wanted), record_(wanted.label_bytes + wanted.pixel_bytes) {}

  void add(std::string_view bytes) override {
    const std::size_t label = wanted_.label_bytes - 1;
    const std::size_t into = bytes_ % record_;
    // The next label at or after the first of these bytes.
    for (std::size_t at = into <= label ? label - into : record_ - into + label; at < bytes.size();
         at += record_) {
      if (static_cast<unsigned char>(bytes[at]) >= wanted_.classes && !wrong_label_)
        wrong_label_ =
            fmt::format("record {} has the label {}, which is not from 0 to {}", (bytes_ + at) / record_ + 1,
                        static_cast<int>(static_cast<unsigned char>(bytes[at])), wanted_.classes - 1);
    }
    bytes_ += bytes.size();
  }
  std::optional<std::string> fault() const override {
    if (wrong_label_) return wrong_label_;
    if (bytes_ % record_ != 0)
      return fmt::format("{} bytes are not a multiple of the record of {} bytes", bytes_, record_);
    return differs(bytes_ / record_, wanted_.count, "records");
  }

 private:
  ImageRecords wanted_;
  std::uint64_t record_;
  std::uint64_t bytes_ = 0;
  std::optional<std::string> wrong_label_;
};

class IdxCheck final : public StructureCheck {
 public:
  explicit IdxCheck(const IdxBytes& wanted) {
    constexpr char kUnsignedByte = 8;
    header_ = {0, 0, kUnsignedByte, static_cast<char>(wanted.sizes.size())};
    std::uint64_t payload = 1;
    for (const std::uint32_t size : wanted.sizes) {
      for (const int shift : {24, 16, 8, 0}) header_ += static_cast<char>((size >> shift) & 255U);
      payload *= size;
    }
    total_ = header_.size() + payload;
  }

  void add(std::string_view bytes) override {
    if (bytes_ < header_.size()) found_ += bytes.substr(0, header_.size() - bytes_);
    bytes_ += bytes.size();
  }
  std::optional<std::string> fault() const override {
    if (bytes_ >= 4 && found_.substr(0, 4) != header_.substr(0, 4)) return "not an idx file of this kind";
    if (found_.size() == header_.size() && found_ != header_) return "an idx file of other sizes";
    return differs(bytes_, total_, "bytes");
  }

 private:
  std::string header_;
  std::string found_;
  std::uint64_t bytes_ = 0;
  std::uint64_t total_ = 0;
};

// Hands every whole line, without its end, to line().
class LineCheck : public StructureCheck {
 public:
  void add(std::string_view bytes) final {
    while (!bytes.empty()) {
      const std::size_t end = bytes.find('\n');
      if (end == std::string_view::npos) {
        rest_ += bytes;
        // No line of these files is anywhere near as long: this is something else.
        if (rest_.size() > kLongest) rest_.resize(kLongest);
        return;
      }
      if (rest_.empty()) {
        whole(bytes.substr(0, end));
      } else {
        whole(rest_ += bytes.substr(0, end));
        rest_.clear();
      }
      bytes.remove_prefix(end + 1);
    }
  }

 protected:
  virtual void line(std::string_view text) = 0;
  const std::string& rest() const { return rest_; }
  std::uint64_t lines() const { return lines_; }

 private:
  static constexpr std::size_t kLongest = 1 << 20;
  void whole(std::string_view text) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    ++lines_;
    line(text);
  }

  std::string rest_;
  std::uint64_t lines_ = 0;
};

class NumberCheck final : public LineCheck {
 public:
  explicit NumberCheck(const NumberRows& wanted) : wanted_(wanted) {}

  std::optional<std::string> fault() const override {
    if (wrong_) return wrong_;
    return differs(lines() + (rest().empty() ? 0 : 1), wanted_.count, "rows");
  }

 protected:
  void line(std::string_view text) override {
    const bool numbers = text.find_first_not_of("0123456789,") == std::string_view::npos &&
                         !text.starts_with(',') && !text.ends_with(',') &&
                         text.find(",,") == std::string_view::npos;
    const auto columns = static_cast<std::size_t>(std::count(text.begin(), text.end(), ',')) + 1;
    if (!wrong_ && (!numbers || columns != wanted_.columns))
      wrong_ = fmt::format("line {} does not hold {} whole numbers", lines(), wanted_.columns);
  }

 private:
  NumberRows wanted_;
  std::optional<std::string> wrong_;
};

class FieldCheck final : public LineCheck {
 public:
  explicit FieldCheck(const FieldRows& wanted)
      : wanted_(wanted), separators_(std::count(wanted.header.begin(), wanted.header.end(), ';')) {}

  std::optional<std::string> fault() const override {
    if (wrong_) return wrong_;
    if (lines() == 0) return "no header line";
    return differs(lines() - 1 + (rest().empty() ? 0 : 1), wanted_.count, "rows");
  }

 protected:
  void line(std::string_view text) override {
    if (wrong_) return;
    if (lines() == 1) {
      if (text != wanted_.header) wrong_ = "its first line is not the header of this data set";
    } else if (std::count(text.begin(), text.end(), ';') != separators_) {
      wrong_ = fmt::format("line {} does not hold {} fields", lines(), separators_ + 1);
    }
  }

 private:
  FieldRows wanted_;
  std::ptrdiff_t separators_;
  std::optional<std::string> wrong_;
};

class TokenCheck final : public StructureCheck {
 public:
  explicit TokenCheck(const TokenLines& wanted) : wanted_(wanted) {}

  void add(std::string_view bytes) override {
    for (const char c : bytes) {
      const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
      if (!blank && !in_word_) ++words_;
      in_word_ = !blank;
      if (c == '\n') ++lines_;
    }
  }
  std::optional<std::string> fault() const override {
    if (const auto fault = differs(lines_, wanted_.lines, "lines")) return fault;
    return differs(words_ + lines_, wanted_.tokens, "tokens");
  }

 private:
  TokenLines wanted_;
  bool in_word_ = false;
  std::uint64_t words_ = 0;
  std::uint64_t lines_ = 0;
};

}  // namespace

std::unique_ptr<StructureCheck> check_of(const Structure& structure) {
  using Check = std::unique_ptr<StructureCheck>;
  return std::visit(
      Overloaded{[](const ImageRecords& wanted) -> Check { return std::make_unique<ImageCheck>(wanted); },
                 [](const IdxBytes& wanted) -> Check { return std::make_unique<IdxCheck>(wanted); },
                 [](const NumberRows& wanted) -> Check { return std::make_unique<NumberCheck>(wanted); },
                 [](const FieldRows& wanted) -> Check { return std::make_unique<FieldCheck>(wanted); },
                 [](const TokenLines& wanted) -> Check { return std::make_unique<TokenCheck>(wanted); }},
      structure);
}

}  // namespace frugal
