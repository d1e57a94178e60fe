#include "frugal/fetch/catalogue.h"

#include <array>
#include <vector>

#include "frugal/base/nearest.h"

namespace frugal {
namespace {

constexpr const char* kCifarPage = "https://www.cs.toronto.edu/~kriz/cifar.html";
constexpr const char* kTorchvision = "torchvision";

Digest md5(std::string hex, std::string by) { return {DigestKind::Md5, std::move(hex), std::move(by)}; }

// The text inside is byte for byte UCI's optdigits.tes, and so is scikit-learn's copy of it, from which the
// digest was taken; UCI publishes none.
DataSet digits() {
  const std::string page = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits";
  return {
      .name = "digits",
      .title = "Optical Recognition of Handwritten Digits, test set: 1,797 images of 8×8",
      .task = "image-classification",
      .licence = "CC BY 4.0",
      .citation =
          "E. Alpaydin, C. Kaynak (1998): Optical Recognition of Handwritten Digits. UCI Machine "
          "Learning Repository, doi:10.24432/C50P49",
      .source = page,
      .layout = Layout::Compressed,
      .folder = "",
      .inside = "optdigits.tes",
      .downloads =
          {{"optical+recognition+of+handwritten+digits.zip",
            "https://archive.ics.uci.edu/static/public/80/optical+recognition+of+handwritten+digits.zip"}},
      .files = {
          {"digits.csv", NumberRows{1797, 65},
           Digest{DigestKind::Sha256, "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8",
                  "scikit-learn's copy"}}}};
}

DataSet cifar(const std::string& name, const std::string& title, const Download& download,
              std::uint64_t bytes) {
  return {.name = name,
          .title = title,
          .task = "image-classification",
          .licence = "none stated; the authors ask for the citation",
          .citation =
              "A. Krizhevsky (2009): Learning Multiple Layers of Features from Tiny Images. Technical "
              "report, University of Toronto",
          .source = kCifarPage,
          .about_bytes = bytes,
          .layout = Layout::Unpack,
          .folder = {},
          .downloads = {download},
          .files = {}};
}

DataSet cifar10() {
  DataSet set = cifar("cifar10", "CIFAR-10: 50,000 and 10,000 colour images of 32×32, 10 classes",
                      {"cifar-10-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                       md5("c32a1d4ab5d03f1284b67883e8d87530", "the authors' page")},
                      170'052'171);
  set.folder = "cifar-10-batches-bin";
  for (const char* batch : {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
                            "data_batch_5.bin", "test_batch.bin"})
    set.files.push_back({batch, ImageRecords{10'000, 1, 3072, 10}});
  return set;
}

DataSet cifar100() {
  DataSet set = cifar("cifar100", "CIFAR-100: 50,000 and 10,000 colour images of 32×32, 100 classes",
                      {"cifar-100-binary.tar.gz", "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                       md5("03b5dce01913d631647c71ecec9e9cb8", "the authors' page")},
                      168'513'733);
  set.folder = "cifar-100-binary";
  set.files = {{"train.bin", ImageRecords{50'000, 2, 3072, 100}},
               {"test.bin", ImageRecords{10'000, 2, 3072, 100}}};
  return set;
}

// The four files of MNIST and of the sets that were made to take its place, at `base`.
void add_idx_files(DataSet& set, const std::string& base, const std::array<Digest, 4>& packed) {
  const std::array<DataFile, 4> files{{{"train-images-idx3-ubyte", IdxBytes{{60'000, 28, 28}}},
                                       {"train-labels-idx1-ubyte", IdxBytes{{60'000}}},
                                       {"t10k-images-idx3-ubyte", IdxBytes{{10'000, 28, 28}}},
                                       {"t10k-labels-idx1-ubyte", IdxBytes{{10'000}}}}};
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string file = files[i].name + ".gz";
    set.downloads.push_back({file, base + file, packed[i]});
    set.files.push_back(files[i]);
  }
}

// The digests of the unpacked files: those of the copies that several independent projects pin.
DataSet mnist() {
  DataSet set{.name = "mnist",
              .title = "MNIST: 60,000 and 10,000 images of handwritten digits of 28×28",
              .task = "image-classification",
              .licence = "CC BY-SA 3.0",
              .citation =
                  "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner (1998): Gradient-based learning applied to "
                  "document recognition. Proceedings of the IEEE 86(11)",
              .source = "http://yann.lecun.com/exdb/mnist/, from PyTorch's copy of it",
              .about_bytes = 11'594'722,
              .layout = Layout::Keep,
              .folder = "mnist",
              .downloads = {},
              .files = {}};
  add_idx_files(set, "https://ossci-datasets.s3.amazonaws.com/mnist/",
                {md5("f68b3c2dcbeaaa9fbdd348bbdeb94873", kTorchvision),
                 md5("d53e105ee54ea40749a09fcbcd1e9432", kTorchvision),
                 md5("9fb629c4189551a2d022fa330f9573f3", kTorchvision),
                 md5("ec29112dd5afa0611ce80d1b7f02629c", kTorchvision)});
  const std::array<const char*, 4> unpacked{
      "6bbc9ace898e44ae57da46a324031adb", "a25bea736e30d166cdddb491f175f624",
      "2646ac647ad5339dbf082846283269ea", "27ae3e4e09519cfbb04c329615203637"};
  for (std::size_t i = 0; i < unpacked.size(); ++i)
    set.files[i].digest = md5(unpacked[i], "users of the original files");
  return set;
}

DataSet fashion_mnist() {
  const std::string by = "the authors' page";
  DataSet set{.name = "fashion-mnist",
              .title = "Fashion-MNIST: 60,000 and 10,000 images of clothes of 28×28, 10 classes",
              .task = "image-classification",
              .licence = "MIT",
              .citation =
                  "H. Xiao, K. Rasul, R. Vollgraf (2017): Fashion-MNIST: a Novel Image Dataset for "
                  "Benchmarking Machine Learning Algorithms. arXiv:1708.07747",
              .source = "https://github.com/zalandoresearch/fashion-mnist",
              .about_bytes = 30'878'645,
              .layout = Layout::Keep,
              .folder = "fashion-mnist",
              .downloads = {},
              .files = {}};
  add_idx_files(set, "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                {md5("8d4fb7e6c68d591d4c3dfef9ec88bf0d", by), md5("25c81989df183df01b3e8a0aad5dffbe", by),
                 md5("bef4ecab320f06d8554ea6380940ec79", by), md5("bb300cfdad3c16e7a12a480ee83cd310", by)});
  return set;
}

DataSet household() {
  return {.name = "household",
          .title = "Individual Household Electric Power Consumption: 2,075,259 minutes of one household",
          .task = "regression",
          .licence = "CC BY 4.0",
          .citation =
              "G. Hebrail, A. Berard (2006): Individual Household Electric Power Consumption. UCI Machine "
              "Learning Repository, doi:10.24432/C58K54",
          .source = "https://archive.ics.uci.edu/dataset/235/individual+household+electric+power+consumption",
          .about_bytes = 20'600'000,
          .layout = Layout::Unpack,
          .folder = "household",
          .downloads = {{"individual+household+electric+power+consumption.zip",
                         "https://archive.ics.uci.edu/static/public/235/"
                         "individual+household+electric+power+consumption.zip"}},
          .files = {{"household_power_consumption.txt",
                     FieldRows{2'075'259,
                               "Date;Time;Global_active_power;Global_reactive_power;Voltage;Global_intensity;"
                               "Sub_metering_1;Sub_metering_2;Sub_metering_3"}}}};
}

// The publisher's own address (research.metamind.io) answers no more; this is the copy of the data set's
// first author. That its archive has the digest which torchtext published for the old address is not known,
// so the files are recognised by the counts of the paper.
DataSet wikitext2() {
  return {.name = "wikitext2",
          .title = "WikiText-2, words: 2,088,628, 217,646 and 245,569 tokens of Wikipedia articles",
          .task = "language-model",
          .licence = "CC BY-SA 3.0",
          .citation =
              "S. Merity, C. Xiong, J. Bradbury, R. Socher (2016): Pointer Sentinel Mixture Models. "
              "arXiv:1609.07843",
          .source = "https://huggingface.co/datasets/Salesforce/wikitext, from the first author's copy",
          .about_bytes = 4'500'000,
          .layout = Layout::Unpack,
          .folder = "wikitext-2",
          .downloads = {{"wikitext-2-v1.zip", "https://wikitext.smerity.com/wikitext-2-v1.zip"}},
          .files = {{"wiki.train.tokens", TokenLines{36'718, 2'088'628}},
                    {"wiki.valid.tokens", TokenLines{3'760, 217'646}},
                    {"wiki.test.tokens", TokenLines{4'358, 245'569}}}};
}

}  // namespace

std::span<const DataSet> known_data_sets() {
  static const std::vector<DataSet> sets{digits(),        cifar10(),   cifar100(), mnist(),
                                         fashion_mnist(), household(), wikitext2()};
  return sets;
}

Result<DataSet> find_data_set(std::string_view name) {
  std::vector<std::string> names;
  for (const DataSet& set : known_data_sets()) {
    if (set.name == name) return set;
    names.push_back(set.name);
  }
  return bad_input("unknown data set '" + std::string(name) + "'" + did_you_mean(name, names),
                   "frugal data list");
}

}  // namespace frugal
