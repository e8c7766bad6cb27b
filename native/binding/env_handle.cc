// NativeEnv and NativeLock: the file system as JavaScript uses it.

#include "binding/env_handle.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <span>
#include <utility>

#include "binding/addon_data.h"
#include "binding/args.h"
#include "binding/errors.h"
#include "env/fault_env.h"
#include "env/memory_env.h"

namespace burrow::binding {

namespace {

enum EnvKind { kPosix = 0, kMemory = 1, kFault = 2 };
constexpr const char* kKindNames[] = {"posix", "memory", "fault"};

// What a NativeEnv object wraps. `memory` and `fault` are `env` again, or null.
struct EnvHandle {
  EnvKind kind = kPosix;
  std::shared_ptr<Env> env;
  MemoryEnv* memory = nullptr;
  FaultEnv* fault = nullptr;
  std::shared_ptr<Env> base;  // outlives a fault Env
  std::vector<uint64_t> rules;
};

// What a NativeLock object wraps.
struct LockHandle {
  std::shared_ptr<FileLock> lock;
};

// Tells an Env from all other objects that wrap something.
constexpr napi_type_tag kEnvTag = {0x6275'7272'6f77'6462, 0x656e'765f'6f62'6a65};

template <typename Handle>
napi_value Wrap(napi_env env, napi_ref class_ref, std::unique_ptr<Handle> handle) {
  napi_value cls = nullptr, object = nullptr;
  napi_get_reference_value(env, class_ref, &cls);
  if (napi_new_instance(env, cls, 0, nullptr, &object) != napi_ok) return nullptr;
  auto release = [](napi_env, void* data, void*) { delete static_cast<Handle*>(data); };
  if (napi_wrap(env, object, handle.get(), release, nullptr, nullptr) != napi_ok) return nullptr;
  handle.release();
  return object;
}

napi_value NewEnvObject(napi_env env, std::unique_ptr<EnvHandle> handle) {
  const EnvKind kind = handle->kind;
  napi_value object = Wrap(env, DataOf(env)->env_classes[kind], std::move(handle));
  if (object == nullptr) return nullptr;
  napi_type_tag_object(env, object, &kEnvTag);
  Set(env, object, "kind", Text(env, kKindNames[kind]));
  return object;
}

EnvHandle* HandleOf(napi_env env, napi_value value) {
  bool tagged = false;
  void* handle = nullptr;
  if (napi_check_object_type_tag(env, value, &kEnvTag, &tagged) != napi_ok || !tagged) return nullptr;
  return napi_unwrap(env, value, &handle) == napi_ok ? static_cast<EnvHandle*>(handle) : nullptr;
}

// A method call on a NativeEnv; `reader` reads its arguments.
template <size_t N>
class EnvCall : public Call<N> {
 public:
  EnvCall(napi_env env, napi_callback_info info)
      : Call<N>(env, info), reader(env), handle_(HandleOf(env, this->self())) {
    if (handle_ == nullptr) reader.Fail("a NativeEnv was expected");
  }
  bool ok() const { return reader.ok(); }
  EnvHandle* operator->() const { return handle_; }
  std::string Path(size_t i, const char* what = "path") {
    std::string path = reader.Text((*this)[i], what);
    if (path.empty() || path.find('\0') != std::string::npos) reader.Fail(std::string(what) + " is not a path");
    return path;
  }
  Reader reader;

 private:
  EnvHandle* const handle_;
};

using PathOperation = Status (Env::*)(const std::string&);

template <PathOperation operation>
napi_value DoWithPath(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const std::string path = call.Path(0);
  if (!call.ok()) return nullptr;
  Status status = (call->env.get()->*operation)(path);
  return status.ok() ? nullptr : Throw(env, status);
}

using SizeOperation = Status (Env::*)(const std::string&, uint64_t*);

template <SizeOperation operation>
napi_value GetNumber(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const std::string path = call.Path(0);
  if (!call.ok()) return nullptr;
  uint64_t number = 0;
  Status status = (call->env.get()->*operation)(path, &number);
  return status.ok() ? Number(env, number) : Throw(env, status);
}

napi_value Exists(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const std::string path = call.Path(0);
  if (!call.ok()) return nullptr;
  Status status = call->env->FileExists(path);
  return status.ok() || status.Is(Code::kNotFound) ? Boolean(env, status.ok()) : Throw(env, status);
}

napi_value IsDirectory(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const std::string path = call.Path(0);
  if (!call.ok()) return nullptr;
  bool is_directory = false;
  Status status = call->env->IsDirectory(path, &is_directory);
  return status.ok() || status.Is(Code::kNotFound) ? Boolean(env, is_directory) : Throw(env, status);
}

napi_value List(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const std::string path = call.Path(0);
  if (!call.ok()) return nullptr;
  std::vector<std::string> names;
  Status status = call->env->GetChildren(path, &names);
  if (!status.ok()) return Throw(env, status);
  napi_value list = Array(env, names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    HandleScope scope(env);
    SetElement(env, list, i, Text(env, names[i]));
  }
  return list;
}

napi_value ReadFile(napi_env env, napi_callback_info info) {
  EnvCall<2> call(env, info);
  const std::string path = call.Path(0);
  const uint64_t limit = call.reader.Integer(call[1], "limit");
  if (!call.ok()) return nullptr;
  std::string contents;
  Status status = ReadFileToString(call->env.get(), path, limit, &contents);
  return status.ok() ? BufferCopy(env, contents) : Throw(env, status);
}

napi_value Rename(napi_env env, napi_callback_info info) {
  EnvCall<2> call(env, info);
  const std::string from = call.Path(0, "from"), to = call.Path(1, "to");
  if (!call.ok()) return nullptr;
  Status status = call->env->RenameFile(from, to);
  return status.ok() ? nullptr : Throw(env, status);
}

napi_value Lock(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const std::string path = call.Path(0);
  if (!call.ok()) return nullptr;
  std::unique_ptr<FileLock> taken;
  Status status = call->env->LockFile(path, &taken);
  if (!status.ok()) return Throw(env, status);
  // The lock keeps its Env.
  std::shared_ptr<FileLock> lock(taken.release(),
                                 [keep = call->env, base = call->base](FileLock* held) { delete held; });
  AddonData* data = DataOf(env);
  std::erase_if(data->locks, [](const HeldLock& held) { return held.lock.expired(); });
  const size_t slash = path.rfind('/');
  data->locks.push_back({call->env.get(), slash == std::string::npos ? "." : path.substr(0, slash), lock});
  return Wrap(env, data->lock_class, std::make_unique<LockHandle>(LockHandle{std::move(lock)}));
}

napi_value Release(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  void* handle = nullptr;
  if (napi_unwrap(env, call.self(), &handle) != napi_ok) return ThrowInvalid(env, "a NativeLock was expected");
  static_cast<LockHandle*>(handle)->lock.reset();
  return nullptr;
}

// --- memory

std::unique_ptr<EnvHandle> MemoryHandle(std::shared_ptr<MemoryEnv> memory) {
  auto handle = std::make_unique<EnvHandle>();
  handle->kind = kMemory;
  handle->memory = memory.get();
  handle->env = std::move(memory);
  return handle;
}

// Both kinds of loss happen, told apart by a bit that the wreck does not depend on otherwise.
MemoryEnv::DirectoryLoss LossOf(uint64_t seed) {
  return (seed & 1) != 0 ? MemoryEnv::DirectoryLoss::kSubset : MemoryEnv::DirectoryLoss::kPrefix;
}

napi_value CrashClone(napi_env env, napi_callback_info info) {
  EnvCall<2> call(env, info);
  const std::string mode = call.reader.Text(call[0], "mode");
  const uint64_t seed = call.reader.Integer(call[1], "seed");
  if (mode != "power" && mode != "kill") call.reader.Fail("mode must be 'power' or 'kill'");
  if (!call.ok()) return nullptr;
  MemoryEnv* memory = call->memory;
  return NewEnvObject(env, MemoryHandle(mode == "kill" ? memory->KillClone() : memory->CrashClone(seed, LossOf(seed))));
}

napi_value CrashAfter(napi_env env, napi_callback_info info) {
  EnvCall<2> call(env, info);
  const uint64_t changes = call.reader.Integer(call[0], "changes");
  const uint64_t seed = call.reader.Integer(call[1], "seed");
  if (call.ok()) call->memory->CrashAfter(changes, seed, LossOf(seed));
  return nullptr;
}

napi_value TakeCrash(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  if (!call.ok()) return nullptr;
  std::shared_ptr<MemoryEnv> wreck = call->memory->TakeCrash();
  return wreck == nullptr ? nullptr : NewEnvObject(env, MemoryHandle(std::move(wreck)));
}

napi_value Simulate(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const uint64_t seed = call.reader.Integer(call[0], "seed");
  if (call.ok()) call->memory->Simulate(seed);
  return nullptr;
}

napi_value SetCapacity(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const uint64_t bytes = call.reader.Integer(call[0], "bytes");
  if (call.ok()) call->memory->SetCapacity(bytes == 0 ? UINT64_MAX : bytes);
  return nullptr;
}

// --- fault

template <typename T>
struct Named {
  const char* name;
  T value;
};

constexpr Named<fault::OpMask> kOperationKinds[] = {
    {"open", fault::kOpen}, {"create", fault::kCreate},     {"read", fault::kRead},         {"write", fault::kWrite},
    {"sync", fault::kSync}, {"syncdir", fault::kSyncDir},   {"rename", fault::kRename},     {"remove", fault::kRemove},
    {"link", fault::kLink}, {"allocate", fault::kAllocate}, {"truncate", fault::kTruncate}, {"lock", fault::kLock},
    {"list", fault::kList}, {"size", fault::kStat},         {"mkdir", fault::kCreateDir},   {"close", fault::kClose},
};
static_assert(std::size(kOperationKinds) == fault::kKinds);

constexpr Named<fault::Effect> kEffects[] = {{"error", fault::Effect::kError},
                                             {"short", fault::Effect::kShort},
                                             {"garbage", fault::Effect::kGarbage},
                                             {"delay", fault::Effect::kDelay},
                                             {"kill", fault::Effect::kKill}};

constexpr Named<int> kErrnos[] = {{"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EROFS", EROFS}, {"EACCES", EACCES},
                                  {"EMFILE", EMFILE}, {"EDQUOT", EDQUOT}, {"EINTR", EINTR}};

template <typename T>
T Choose(Reader* reader, napi_value value, const char* what, std::span<const Named<T>> choices) {
  const std::string name = reader->Text(value, what);
  for (const Named<T>& choice : choices) {
    if (name == choice.name) return choice.value;
  }
  reader->Fail(std::string(what) + " '" + name + "' is not known");
  return T();
}

fault::Rule ReadRule(Reader* reader, napi_value object) {
  fault::Rule rule;
  napi_value operations = reader->Property(object, "operations");
  const size_t kinds = reader->Undefined(operations) ? 0 : reader->Length(operations, "operations");
  if (kinds > 0) rule.operations = 0;
  for (size_t i = 0; i < kinds && reader->ok(); ++i) {
    rule.operations |= Choose<fault::OpMask>(reader, reader->Element(operations, i), "operation", kOperationKinds);
  }
  napi_value path = reader->Property(object, "pathContains");
  if (!reader->Undefined(path)) rule.path_contains = reader->Text(path, "pathContains");
  napi_value after = reader->Property(object, "after");
  if (!reader->Undefined(after)) rule.countdown = reader->Integer(after, "after");
  if (rule.countdown == 0) reader->Fail("after counts from 1");
  napi_value repeat = reader->Property(object, "repeat");
  if (!reader->Undefined(repeat)) rule.forever = reader->Bool(repeat, "repeat");
  rule.effect = Choose<fault::Effect>(reader, reader->Property(object, "effect"), "effect", kEffects);
  napi_value error = reader->Property(object, "errno");
  if (!reader->Undefined(error)) rule.error_number = Choose<int>(reader, error, "errno", kErrnos);
  napi_value delay = reader->Property(object, "delayMicros");
  if (!reader->Undefined(delay)) rule.delay_micros = reader->Integer(delay, "delayMicros");
  return rule;
}

napi_value AddRule(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  fault::Rule rule = ReadRule(&call.reader, call[0]);
  if (!call.ok()) return nullptr;
  call->rules.push_back(call->fault->AddRule(std::move(rule)));
  return Number(env, call->rules.back());
}

napi_value RemoveRule(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const uint64_t id = call.reader.Integer(call[0], "id");
  if (!call.ok()) return nullptr;
  call->fault->RemoveRule(id);
  std::erase(call->rules, id);
  return nullptr;
}

napi_value ClearRules(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  if (!call.ok()) return nullptr;
  for (uint64_t id : std::exchange(call->rules, {})) call->fault->RemoveRule(id);
  return nullptr;
}

napi_value Operations(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  if (!call.ok()) return nullptr;
  napi_value by_kind = Object(env), result = Object(env);
  for (const Named<fault::OpMask>& kind : kOperationKinds) {
    Set(env, by_kind, kind.name, Number(env, call->fault->OperationCount(kind.value)));
  }
  Set(env, result, "total", Number(env, call->fault->OperationCount()));
  Set(env, result, "byKind", by_kind);
  return result;
}

napi_value SetTrace(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  const bool on = call.reader.Bool(call[0], "on");
  if (call.ok()) call->fault->StartTrace(on ? fault::kMutating : 0);
  return nullptr;
}

napi_value TakeTrace(napi_env env, napi_callback_info info) {
  EnvCall<1> call(env, info);
  if (!call.ok()) return nullptr;
  const std::vector<std::string> lines = call->fault->TakeTrace();
  napi_value list = Array(env, lines.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    HandleScope scope(env);
    SetElement(env, list, i, Text(env, lines[i]));
  }
  return list;
}

// --- classes

using Method = Named<napi_callback>;

constexpr Method kMethods[] = {
    {"exists", Exists},
    {"isDirectory", IsDirectory},
    {"list", List},
    {"createDirs", DoWithPath<&Env::CreateDirs>},
    {"fileSize", GetNumber<&Env::GetFileSize>},
    {"readFile", ReadFile},
    {"rename", Rename},
    {"remove", DoWithPath<&Env::RemoveFile>},
    {"removeDir", DoWithPath<&Env::RemoveDir>},
    {"syncDir", DoWithPath<&Env::SyncDir>},
    {"freeSpace", GetNumber<&Env::GetFreeSpace>},
    {"totalSpace", GetNumber<&Env::GetTotalSpace>},
    {"lock", Lock},
};
constexpr Method kMemoryMethods[] = {{"crashClone", CrashClone},
                                     {"crashAfter", CrashAfter},
                                     {"takeCrash", TakeCrash},
                                     {"simulate", Simulate},
                                     {"setCapacity", SetCapacity}};
constexpr Method kFaultMethods[] = {{"addRule", AddRule},       {"removeRule", RemoveRule}, {"clearRules", ClearRules},
                                    {"operations", Operations}, {"setTrace", SetTrace},     {"trace", TakeTrace}};
constexpr Method kLockMethods[] = {{"release", Release}};

napi_value Construct(napi_env, napi_callback_info) { return nullptr; }

napi_ref DefineClass(napi_env env, const char* name, std::span<const Method> common, std::span<const Method> special) {
  std::vector<napi_property_descriptor> descriptors;
  for (auto methods : {common, special}) {
    for (const Method& method : methods) {
      napi_property_descriptor descriptor{};
      descriptor.utf8name = method.name;
      descriptor.method = method.value;
      descriptor.attributes = napi_default_method;
      descriptors.push_back(descriptor);
    }
  }
  napi_value cls = nullptr;
  napi_ref reference = nullptr;
  if (napi_define_class(env, name, NAPI_AUTO_LENGTH, Construct, nullptr, descriptors.size(), descriptors.data(),
                        &cls) == napi_ok) {
    napi_create_reference(env, cls, 1, &reference);
  }
  return reference;
}

}  // namespace

void DefineEnvClasses(napi_env env) {
  AddonData* data = DataOf(env);
  data->env_classes[kPosix] = DefineClass(env, "NativeEnv", kMethods, {});
  data->env_classes[kMemory] = DefineClass(env, "NativeMemoryEnv", kMethods, kMemoryMethods);
  data->env_classes[kFault] = DefineClass(env, "NativeFaultEnv", kMethods, kFaultMethods);
  data->lock_class = DefineClass(env, "NativeLock", kLockMethods, {});
}

std::shared_ptr<Env> EnvOf(napi_env env, napi_value value) {
  EnvHandle* handle = TypeOf(env, value) == napi_object ? HandleOf(env, value) : nullptr;
  return handle == nullptr ? nullptr : handle->env;
}

std::shared_ptr<FileLock> LockOf(napi_env env, const Env* file_env, const std::string& directory) {
  for (const HeldLock& held : DataOf(env)->locks) {
    if (held.env != file_env || held.directory != directory) continue;
    if (std::shared_ptr<FileLock> lock = held.lock.lock()) return lock;
  }
  return nullptr;
}

napi_value PosixEnvironment(napi_env env, napi_callback_info) {
  auto handle = std::make_unique<EnvHandle>();
  handle->env = std::shared_ptr<Env>(Env::Posix(), [](Env*) {});
  return NewEnvObject(env, std::move(handle));
}

napi_value MemoryEnvironment(napi_env env, napi_callback_info) {
  return NewEnvObject(env, MemoryHandle(std::make_shared<MemoryEnv>()));
}

napi_value FaultEnvironment(napi_env env, napi_callback_info info) {
  Call<1> call(env, info);
  std::shared_ptr<Env> base = EnvOf(env, call[0]);
  if (base == nullptr) return ThrowInvalid(env, "base must be a NativeEnv");
  auto handle = std::make_unique<EnvHandle>();
  handle->kind = kFault;
  auto fault = std::make_shared<FaultEnv>(base.get());
  handle->fault = fault.get();
  // Whoever holds the Env holds the one below.
  handle->env = std::shared_ptr<Env>(fault.get(), [fault, base](Env*) mutable { fault.reset(); });
  handle->base = std::move(base);
  return NewEnvObject(env, std::move(handle));
}

}  // namespace burrow::binding
