#pragma once

#include <node_api.h>

#include "binding/args.h"
#include "jobs/job_runner.h"

namespace burrow::binding {

// A Job of lib/native.ts. When reader->ok() is false afterwards, it is none and the reason is thrown.
Job ReadJob(Reader* reader, napi_value object);

// JobCompletion of lib/native.ts.
napi_value CompletionObject(napi_env env, const JobCompletion& completion);

const char* JobTypeName(JobType type);

}  // namespace burrow::binding
