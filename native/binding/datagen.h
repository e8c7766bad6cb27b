#pragma once

#include <node_api.h>

#include "binding/args.h"
#include "datagen/options.h"

namespace burrow::binding {

// The data generator, which needs no database: openDataGenerator and datagenSystem of lib/native.ts.
napi_value OpenDataGenerator(napi_env env, napi_callback_info info);
napi_value DatagenSystem(napi_env env, napi_callback_info info);

// What the bytes are, of a DataGeneratorConfig of lib/native-datagen.ts; not validated. See Reader for what is no such object.
datagen::Options ReadDataOptions(Reader* reader, napi_value config);

}  // namespace burrow::binding
