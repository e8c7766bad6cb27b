#pragma once

#include <string>

#include "table/table_options.h"
#include "util/status.h"

namespace burrow {

// The properties block of a table: names with values, sorted by name (docs/formats.md "Table"). file_size is not in it.
std::string EncodeProperties(const TableProperties& properties);
// Unknown names are ignored, except that one that begins with '!' is a feature which a reader must know: kUnsupported.
Status DecodeProperties(Slice block, TableProperties* properties);

}  // namespace burrow
