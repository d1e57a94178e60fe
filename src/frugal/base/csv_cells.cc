#include "frugal/base/csv_cells.h"

namespace frugal {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

CsvCells::CsvCells(std::string_view text, char separator) : text_(text), separator_(separator) {
  if (text_.starts_with(kByteOrderMark)) at_ = line_begin_ = kByteOrderMark.size();
}

bool CsvCells::line_ends_here() const {
  return at_ == text_.size() || text_[at_] == '\n' || text_.substr(at_, 2) == "\r\n";
}

bool CsvCells::more() {
  while (at_ < text_.size()) {
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_blank(text_[at_]) && text_[at_] != separator_) ++at_;
    if (!line_ends_here()) {
      at_ = begin;
      return true;
    }
    if (at_ < text_.size()) end_line();
  }
  return false;
}

Result<CsvCell> CsvCells::next() {
  cell_line_ = line_;
  cell_column_ = at_ - line_begin_ + 1;
  if (at_ < text_.size() && text_[at_] == '"') return quoted();
  const std::size_t begin = at_;
  while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n') {
    if (text_[at_] == '"') return fault_here("a quote inside a cell that does not begin with one");
    ++at_;
  }
  std::string_view cell = text_.substr(begin, at_ - begin);
  const bool last = at_ == text_.size() || text_[at_] == '\n';
  if (last && cell.ends_with('\r')) cell.remove_suffix(1);
  finish(last);
  return CsvCell{trimmed(cell), false, last};
}

Error CsvCells::fault_here(const char* what) {
  cell_line_ = line_;
  cell_column_ = at_ - line_begin_ + 1;
  return bad_input(what);
}

void CsvCells::end_line() {
  at_ += text_[at_] == '\r' ? 2 : 1;
  ++line_;
  line_begin_ = at_;
}

void CsvCells::finish(bool last) {
  if (!last) {
    ++at_;
  } else if (at_ < text_.size()) {
    end_line();
  }
}

Result<CsvCell> CsvCells::quoted() {
  scratch_.clear();
  for (++at_;; ++at_) {
    if (at_ == text_.size()) return bad_input("this quote is never closed");
    if (text_[at_] == '"') {
      if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
      ++at_;
    }
    scratch_ += text_[at_];
    if (text_[at_] == '\n') {
      ++line_;
      line_begin_ = at_ + 1;
    }
  }
  ++at_;
  const bool last = line_ends_here();
  if (!last && text_[at_] != separator_)
    return fault_here("a closing quote ends its cell, here more follows");
  finish(last);
  return CsvCell{scratch_, true, last};
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && trimmed(text) == text)
    return std::string(text);
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace frugal
