#include "frugal/fetch/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace frugal {

std::string digest_name(DigestKind kind) { return kind == DigestKind::Md5 ? "md5" : "sha256"; }

struct Hasher::State {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
  bool usable = false;
};

Hasher::Hasher(DigestKind kind) : state_(std::make_unique<State>()) {
  const EVP_MD* type = kind == DigestKind::Md5 ? EVP_md5() : EVP_sha256();
  state_->usable = state_->context && EVP_DigestInit_ex(state_->context.get(), type, nullptr) == 1;
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::add(std::string_view bytes) {
  if (state_->usable)
    state_->usable = EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1;
}

std::string Hasher::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int size = 0;
  if (!state_->usable || EVP_DigestFinal_ex(state_->context.get(), raw.data(), &size) != 1) return "";
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) {
    text += kDigits[raw[i] >> 4];
    text += kDigits[raw[i] & 15];
  }
  return text;
}

Result<std::string> file_digest(const std::string& path, DigestKind kind) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return bad_input("'" + path + "' cannot be read: " + std::strerror(errno));
  Hasher hasher(kind);
  std::array<char, 1 << 16> block{};
  while (file.read(block.data(), block.size()) || file.gcount() > 0)
    hasher.add({block.data(), static_cast<std::size_t>(file.gcount())});
  if (file.bad()) return bad_input("'" + path + "' cannot be read to its end");
  std::string hex = hasher.hex();
  if (hex.empty()) return Error{ErrorCode::GiveUp, "this OpenSSL offers no " + digest_name(kind)};
  return hex;
}

}  // namespace frugal
