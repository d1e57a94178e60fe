// What is known of a public data set: where it officially lies, what it is, and by what one recognises that
// all of it is there. Values only; catalogue.h has those that the trainer reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace frugal {

enum class DigestKind { Md5, Sha256 };

// A checksum in lower-case hexadecimal, and who published it.
struct Digest {
  DigestKind kind = DigestKind::Md5;
  std::string hex;
  std::string published_by;
};

// One file as the publisher offers it.
struct Download {
  std::string file;
  std::string address;
  std::optional<Digest> digest = {};
};

// `count` records of `label_bytes` and `pixel_bytes`; the last label byte is below `classes` (CIFAR).
struct ImageRecords {
  std::uint64_t count = 0;
  std::size_t label_bytes = 1;
  std::size_t pixel_bytes = 3072;
  int classes = 10;
};

// Unsigned bytes with these sizes (MNIST's idx: four bytes 0 0 8 n, n big-endian sizes, then the bytes).
struct IdxBytes {
  std::vector<std::uint32_t> sizes;
};

// Lines of `columns` whole numbers between commas.
struct NumberRows {
  std::uint64_t count = 0;
  std::size_t columns = 0;
};

// A header line, then `count` lines of as many fields between semicolons.
struct FieldRows {
  std::uint64_t count = 0;
  std::string header;
};

// Words between blanks; a line's end is a token too.
struct TokenLines {
  std::uint64_t lines = 0;
  std::uint64_t tokens = 0;
};

using Structure = std::variant<ImageRecords, IdxBytes, NumberRows, FieldRows, TokenLines>;

// A file as the trainer reads it, below the data set's folder. It may be there as `name` or as `name`.gz;
// structure and digest are those of what is inside.
struct DataFile {
  std::string name;
  Structure structure;
  std::optional<Digest> digest = {};
};

// How the data files come out of the downloads.
enum class Layout {
  Unpack,      // one archive, which holds them in one of its folders
  Keep,        // the downloads are the data files (as .gz)
  Compressed,  // one archive; the file of it that `inside` names is the data file, and is kept as .gz
};

struct DataSet {
  std::string name;
  std::string title;
  std::string task;
  std::string licence;
  std::string citation;
  std::string source;             // the page that offers it
  std::uint64_t about_bytes = 0;  // to download; for the eye only; 0: not known
  Layout layout = Layout::Unpack;
  std::string folder;  // below data_dir; empty: data_dir itself
  std::string inside = {};
  std::vector<Download> downloads;
  std::vector<DataFile> files;
};

}  // namespace frugal
