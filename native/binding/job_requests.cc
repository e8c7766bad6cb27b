#include <algorithm>

#include "binding/job_objects.h"

namespace burrow::binding {

namespace {

constexpr const char* kTypeNames[kJobTypes] = {
    "flush",      "compact", "prepareWal",  "replayWal", "manifestCreate", "manifestAppend", "deleteFiles",
    "moveToLost", "sealWal", "verifyTable", "copyFile",  "surveyWal",      "salvageTable"};

// Reads the properties of one job object.
class JobReader {
 public:
  JobReader(Reader* reader, napi_value object) : reader_(reader), object_(object) {}

  napi_value Property(const char* name) { return reader_->Property(object_, name); }
  uint64_t Integer(const char* name) { return reader_->Integer(Property(name), name); }
  std::vector<uint64_t> Integers(const char* name) { return IntegersOf(Property(name), name); }

  std::vector<uint64_t> IntegersOf(napi_value list, const char* name) {
    std::vector<uint64_t> integers(reader_->Length(list, name));
    for (size_t i = 0; i < integers.size() && reader_->ok(); ++i) {
      integers[i] = reader_->Integer(reader_->Element(list, i), name);
    }
    return integers;
  }

  TableFormat Format() {
    napi_value object = Property("format");
    TableFormat format;
    format.block_size = reader_->Integer(reader_->Property(object, "blockSize"), "blockSize", 1 << 30);
    format.bloom_bits_per_key = reader_->Number(reader_->Property(object, "bloomBitsPerKey"), "bloomBitsPerKey");
    const std::string codec = reader_->Text(reader_->Property(object, "codec"), "codec");
    format.codec_level = reader_->Int(reader_->Property(object, "codecLevel"), "codecLevel", -(1 << 20), 1 << 20);
    if (!reader_->ok()) return format;
    if (!CodecFromName(codec, &format.codec)) reader_->Fail("there is no codec '" + codec + "'");
    if (!CodecAvailable(format.codec)) reader_->Fail("this build was made without the codec '" + codec + "'");
    if (!(format.bloom_bits_per_key >= 0 && format.bloom_bits_per_key <= 100)) {
      reader_->Fail("bloomBitsPerKey must be from 0 to 100");
    }
    if (format.block_size == 0) reader_->Fail("blockSize must not be 0");
    return format;
  }

  FlushRequest Flush() {
    FlushRequest request;
    request.memtables = Integers("memtables");
    request.target_file_size = Integer("targetFileSize");
    request.format = Format();
    return request;
  }

  Priority JobPriority() {
    static constexpr const char* kNames[kPriorities] = {"flush", "l0", "compaction", "housekeeping"};
    const std::string name = reader_->Text(Property("priority"), "priority");
    for (int i = 0; i < kPriorities; ++i) {
      if (name == kNames[i]) return static_cast<Priority>(i);
    }
    reader_->Fail("there is no priority '" + name + "'");
    return Priority::kCompaction;
  }

  CompactRequest Compact() {
    CompactRequest request;
    request.priority = JobPriority();
    napi_value inputs = Property("inputs");
    request.inputs.resize(reader_->Length(inputs, "inputs"));
    for (size_t i = 0; i < request.inputs.size() && reader_->ok(); ++i) {
      napi_value input = reader_->Element(inputs, i);
      request.inputs[i].level = reader_->Int(reader_->Property(input, "level"), "level", 0, Levels::kMaxLevels - 1);
      request.inputs[i].tables = IntegersOf(reader_->Property(input, "tables"), "tables");
    }
    request.output_level = reader_->Int(Property("outputLevel"), "outputLevel", 0, Levels::kMaxLevels - 1);
    request.target_file_size = Integer("targetFileSize");
    request.max_grandparent_overlap = Integer("maxGrandparentOverlap");
    request.format = Format();
    return request;
  }

  ReplayWalRequest ReplayWal() {
    ReplayWalRequest request;
    request.number = Integer("number");
    napi_value length = Property("expectedLength");
    if (!reader_->Undefined(length)) request.expected_length = reader_->Integer(length, "expectedLength");
    napi_value salvage = Property("salvage");
    if (!reader_->Undefined(salvage)) request.salvage = reader_->Bool(salvage, "salvage");
    return request;
  }

  SealWalRequest SealWal() {
    SealWalRequest request;
    request.number = Integer("number");
    napi_value end = Property("endOffset");
    if (!reader_->Undefined(end)) request.end_offset = reader_->Integer(end, "endOffset");
    return request;
  }

  ManifestCreateRequest ManifestCreate() {
    ManifestCreateRequest request;
    request.number = Integer("number");
    napi_value records = Property("records");
    request.records.resize(reader_->Length(records, "records"));
    for (size_t i = 0; i < request.records.size() && reader_->ok(); ++i) {
      request.records[i] = reader_->Bytes(reader_->Element(records, i), "record");
    }
    return request;
  }

  DeleteFilesRequest DeleteFiles() {
    static constexpr std::pair<const char*, FileKind> kKinds[] = {{"table", FileKind::kTable},
                                                                  {"wal", FileKind::kWal},
                                                                  {"manifest", FileKind::kManifest},
                                                                  {"temp", FileKind::kTemp}};
    DeleteFilesRequest request;
    napi_value files = Property("files");
    request.files.resize(reader_->Length(files, "files"));
    for (size_t i = 0; i < request.files.size() && reader_->ok(); ++i) {
      napi_value file = reader_->Element(files, i);
      request.files[i].number = reader_->Integer(reader_->Property(file, "number"), "number");
      const std::string name = reader_->Text(reader_->Property(file, "kind"), "kind");
      const auto* known =
          std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& k) { return k.first == name; });
      if (known == std::end(kKinds)) {
        reader_->Fail("there is no kind of file '" + name + "'");
      } else {
        request.files[i].kind = known->second;
      }
    }
    return request;
  }

  MoveToLostRequest MoveToLost() {
    MoveToLostRequest request;
    napi_value names = Property("names");
    request.names.resize(reader_->Length(names, "names"));
    for (size_t i = 0; i < request.names.size() && reader_->ok(); ++i) {
      std::string name = reader_->Text(reader_->Element(names, i), "name");
      if (name.empty() || name == "." || name == ".." || name.find_first_of(Slice("/\0", 2)) != std::string::npos) {
        reader_->Fail("'" + name + "' is not a file name");
      }
      request.names[i] = std::move(name);
    }
    return request;
  }

  SalvageTableRequest SalvageTable() {
    SalvageTableRequest request;
    request.salvage.number = Integer("number");
    napi_value output = Property("output");
    if (!reader_->Undefined(output)) request.salvage.output = reader_->Integer(output, "output");
    request.format = Format();
    return request;
  }

  CopyFileRequest CopyFile() {
    CopyFileRequest request;
    CopyJob& copy = request.copy;
    copy.from = reader_->Text(Property("from"), "from");
    napi_value to = Property("to"), link = Property("link"), length = Property("length");
    if (!reader_->Undefined(to)) {
      copy.to = reader_->Text(to, "to");
      if (copy.to.empty()) reader_->Fail("to must not be empty");
    }
    if (!reader_->Undefined(link)) copy.link = reader_->Bool(link, "link");
    if (copy.link && copy.to.empty()) reader_->Fail("a link needs to");
    if (!reader_->Undefined(length)) copy.length = reader_->Integer(length, "length");
    return request;
  }

  JobRequest Request() {
    const std::string name = reader_->Text(Property("type"), "type");
    for (int type = 0; type < kJobTypes; ++type) {
      if (name != kTypeNames[type]) continue;
      switch (static_cast<JobType>(type)) {
        case JobType::kFlush: return Flush();
        case JobType::kCompact: return Compact();
        case JobType::kPrepareWal: return PrepareWalRequest{Integer("number"), Integer("allocate")};
        case JobType::kReplayWal: return ReplayWal();
        case JobType::kManifestCreate: return ManifestCreate();
        case JobType::kManifestAppend:
          return ManifestAppendRequest{std::string(reader_->Bytes(Property("record"), "record"))};
        case JobType::kDeleteFiles: return DeleteFiles();
        case JobType::kMoveToLost: return MoveToLost();
        case JobType::kSealWal: return SealWal();
        case JobType::kVerifyTable: return VerifyTableRequest{Integer("number")};
        case JobType::kCopyFile: return CopyFile();
        case JobType::kSurveyWal: return SurveyWalRequest{Integer("number")};
        case JobType::kSalvageTable: return SalvageTable();
      }
    }
    reader_->Fail("there is no job '" + name + "'");
    return {};
  }

 private:
  Reader* const reader_;
  const napi_value object_;
};

}  // namespace

const char* JobTypeName(JobType type) { return kTypeNames[static_cast<int>(type)]; }

Job ReadJob(Reader* reader, napi_value object) {
  JobReader job(reader, object);
  return {job.Integer("id"), job.Request()};
}

}  // namespace burrow::binding
