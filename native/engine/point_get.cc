#include "engine/point_get.h"

#include "engine/point_search.h"

namespace burrow {

Status PointGet(const ReadView& view, Slice user_key, SequenceNumber sequence, const TableReadOptions& options,
                GetResult* result) {
  Unwatched watch;
  return PointSearch<Unwatched>(user_key, sequence, options, result, watch).Run(view);
}

}  // namespace burrow
