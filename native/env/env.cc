#include "env/env.h"

namespace burrow {

Status CheckPath(const std::string& path) {
  if (path.find('\0') == std::string::npos) return Status();
  return Status::InvalidArgument("a path contains a NUL byte after \"" + std::string(path.c_str()) + "\"");
}

Status WritableFile::AppendParts(std::span<const Slice> parts, size_t* written) {
  size_t done = 0;
  Status status;
  for (size_t i = 0; i < parts.size() && status.ok(); i++) {
    size_t n = 0;
    status = Append(parts[i], &n);
    done += n;
  }
  if (written != nullptr) *written = done;
  return status;
}

Status ReadFileToString(Env* env, const std::string& path, uint64_t limit, std::string* data) {
  data->clear();
  std::unique_ptr<RandomAccessFile> file;
  BURROW_RETURN_IF_ERROR(env->NewRandomAccessFile(path, &file));
  const uint64_t size = file->Size();
  if (size > limit) {
    return Status::Corruption(path + " has " + std::to_string(size) + " bytes, more than the " + std::to_string(limit) +
                              " that such a file can have")
        .WithFile(path);
  }
  std::string buffer(size, '\0');
  Slice read;
  BURROW_RETURN_IF_ERROR(file->Read(0, buffer.size(), &read, buffer.data()));
  data->assign(read);
  return Status();
}

}  // namespace burrow
