// Archives for tests, hostile ones too.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <string>
#include <vector>

namespace frugal::fetch_testing {

struct ArchiveEntry {
  std::string name;
  std::string content;
  std::string link_to = {};
};

// A zip, or a tar.gz, by the name's ending.
inline void make_archive(const std::string& path, const std::vector<ArchiveEntry>& entries) {
  struct archive* writer = archive_write_new();
  if (path.ends_with(".zip")) {
    archive_write_set_format_zip(writer);
  } else {
    archive_write_add_filter_gzip(writer);
    archive_write_set_format_pax_restricted(writer);
  }
  archive_write_open_filename(writer, path.c_str());
  for (const ArchiveEntry& from : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, from.name.c_str());
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_filetype(entry, from.link_to.empty() ? AE_IFREG : AE_IFLNK);
    if (!from.link_to.empty()) archive_entry_set_symlink(entry, from.link_to.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(from.content.size()));
    archive_write_header(writer, entry);
    archive_write_data(writer, from.content.data(), from.content.size());
    archive_entry_free(entry);
  }
  archive_write_close(writer);
  archive_write_free(writer);
}

}  // namespace frugal::fetch_testing
